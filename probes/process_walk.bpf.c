// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// All processes in one pass, since 6.7: the kernel's list of processes is gone
// through in one call, which leaves a record of each, its threads added up, in
// memory that the reader maps. No task is looked up by its pid or pinned, and
// nothing is copied.
//
// An object of its own: where a kernel lacks one of the functions below, libbpf
// looks for it in every module, and that takes CAP_SYS_ADMIN, weak or not and
// whichever program is to be loaded.

#include "probes/process_record.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1); /* the reader sets it */
  __type(key, __u32);
  __type(value, struct tidemark_process_record);
} walked SEC(".maps");

__u32 walked_processes = 0; /* records of the latest walk */
__u32 walked_tasks = 0;     /* a global, lest the verifier count it through */
__u32 walk_cut = 0;         /* it ended early: no room, or too many threads */
/* One call does not give way to others. */
const volatile __u32 most_walked_tasks = 1;

/* Open-coded iterator (since 6.7): a kfunc for each step. */
struct bpf_iter_task {
  __u64 opaque[3];
} __attribute__((aligned(8)));
extern int bpf_iter_task_new(struct bpf_iter_task* it, struct task_struct* task,
                             unsigned int flags) __ksym;
extern struct task_struct* bpf_iter_task_next(struct bpf_iter_task* it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task* it) __ksym;
#define ALL_THREADS 1 /* process by process (kernel/bpf/task_iter.c) */

static __always_inline void walk_memory(struct tidemark_process_record* record,
                                        struct task_struct* task) {
  struct mm_struct* mm = task->mm;

  if (task->flags & PF_KTHREAD) {
    record->flags = TIDEMARK_KERNEL_THREAD;
  } else if (mm) {
    record->flags = TIDEMARK_HAS_MM;
    record->rss_file_pages = mm->rss_stat[MM_FILEPAGES].count;
    record->rss_anon_pages = mm->rss_stat[MM_ANONPAGES].count;
    record->swap_pages = mm->rss_stat[MM_SWAPENTS].count;
    record->rss_shmem_pages = mm->rss_stat[MM_SHMEMPAGES].count;
  }
}

SEC("raw_tp")
int walk_tasks(void* ctx) {
  struct tidemark_process_record* record;
  struct bpf_iter_task iterator;
  struct task_struct* task;
  __u32 next = 0, slot, tgid, last_tgid = 0;

  walk_cut = walked_tasks = 0;
  bpf_iter_task_new(&iterator, NULL, ALL_THREADS);
  while ((task = bpf_iter_task_next(&iterator))) {
    tgid = namespace_tgid(task);
    if (!tgid) continue; /* the idle task, or not in our namespace */
    /* By the group: after an exec by another thread the first one met may have
     * lost the leader's id a moment ago. */
    slot = tgid == last_tgid ? next - 1 : next;
    record = bpf_map_lookup_elem(&walked, &slot);
    if (!record || ++walked_tasks > most_walked_tasks) {
      walk_cut = 1;
      break;
    }
    if (tgid == last_tgid) {
      add_thread_usage(&record->usage, task);
      continue;
    }
    last_tgid = tgid;
    ++next;
    record->tgid = record->tid = tgid;
    read_process(record, task);
    walk_memory(record, task);
  }
  bpf_iter_task_destroy(&iterator);
  walked_processes = next;
  return 0;
}
