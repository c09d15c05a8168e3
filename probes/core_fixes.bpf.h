/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What differs between kernels, asked of the running one's types, never of its
 * version number. Brings along what every probe includes. */
#ifndef TIDEMARK_PROBES_CORE_FIXES_BPF_H
#define TIDEMARK_PROBES_CORE_FIXES_BPF_H

// clang-format off: each needs the one before it
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
// clang-format on

#include "probes/kernel_types.bpf.h"

/* Inode of the pid namespace to count in; 0 = the initial one. */
const volatile __u32 pid_namespace_inode = 0;

/* 6.2 made the memory counters per-CPU; `count` is then what the CPUs have
 * handed in, off by up to a batch for each of them. Before, they were one array
 * of atomics, which stands first in its struct. No relocation may begin at that
 * struct, which is gone since: libbpf looks for a missing type in every module,
 * and that takes CAP_SYS_ADMIN. */
#define TIDEMARK_RSS(mm, kind)                                                 \
  ({                                                                           \
    __s64 pages = 0;                                                           \
    if (bpf_core_field_exists(struct mm_struct___before_6_2, rss_stat)) {      \
      bpf_probe_read_kernel(                                                   \
          &pages, sizeof(pages),                                               \
          (void*)(mm) +                                                        \
              bpf_core_field_offset(struct mm_struct___before_6_2, rss_stat) + \
              (kind) * sizeof(__s64));                                         \
    } else {                                                                   \
      pages = (mm)->rss_stat[kind].count;                                      \
    }                                                                          \
    pages;                                                                     \
  })

/* The number of a pid in our namespace; 0: it is not in it. */
static __always_inline __u32 namespace_nr(struct pid* pid) {
  const __u32 offset = bpf_core_field_offset(struct pid, numbers);
  const __u32 size = bpf_core_type_size(struct upid);
  __u32 level = BPF_CORE_READ(pid, level);

  /* 32 is the kernel's MAX_PID_NS_LEVEL. */
  for (int i = 0; i <= 32 && (__u32)i <= level; i++) {
    struct upid* upid = (void*)pid + offset + i * size;
    if (BPF_CORE_READ(upid, ns, ns.inum) == pid_namespace_inode)
      return (__u32)BPF_CORE_READ(upid, nr);
  }
  return 0;
}

static __always_inline __u32 namespace_tgid(struct task_struct* task) {
  if (!pid_namespace_inode) return (__u32)task->tgid;
  return namespace_nr(BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]));
}

static __always_inline __u32 namespace_tid(struct task_struct* task) {
  if (!pid_namespace_inode) return (__u32)task->pid;
  return namespace_nr(BPF_CORE_READ(task, thread_pid));
}

#endif
