/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Records that probes write and C++ reads: fixed size, native byte order. */
#ifndef TIDEMARK_PROBES_PROBE_RECORD_H
#define TIDEMARK_PROBES_PROBE_RECORD_H

#include <linux/types.h>

#define TIDEMARK_COMM_SIZE 16

/* What struct task_io_accounting counts, in bytes. */
struct tidemark_io {
  __u64 rchar;
  __u64 wchar;
  __u64 read;
  __u64 write;
  __u64 cancelled_write;
};

/* Counters of one thread; of a leader, those of the ended threads included. */
struct tidemark_usage {
  __u64 user_ns; /* by tick: only the ratio to system_ns is of use */
  __u64 system_ns;
  __u64 runtime_ns; /* exact */
  __u64 minor_faults;
  __u64 major_faults;
  __u64 voluntary_switches;
  __u64 involuntary_switches;
  __u64 run_delay_ns; /* living threads only */
  struct tidemark_io io;
};

/* Of a thread that leads no process: tid != tgid. */
struct tidemark_thread_record {
  __u32 tgid;
  __u32 tid;
  struct tidemark_usage usage;
};

#define TIDEMARK_HAS_MM 1u
#define TIDEMARK_KERNEL_THREAD 2u

/* Of a process: the leader's part begins like a thread's. */
struct tidemark_process_record {
  __u32 tgid;
  __u32 tid; /* = tgid */
  struct tidemark_usage usage;
  __u32 parent;
  __u32 threads;
  __u32 flags;
  __u32 exit_state;
  __u64 start_boot_ns;
  __u64 exec_id;
  __u64 prev_user_ns; /* as the kernel last told a reader of /proc */
  __u64 prev_system_ns;
  __s64 rss_file_pages; /* unsummed per-CPU counters: may be off, or < 0 */
  __s64 rss_anon_pages;
  __s64 rss_shmem_pages;
  __s64 swap_pages;
  char comm[TIDEMARK_COMM_SIZE];
};

enum tidemark_life_kind {
  TIDEMARK_LIFE_FORK = 1,
  TIDEMARK_LIFE_EXEC = 2,
  TIDEMARK_LIFE_EXIT = 3,
  TIDEMARK_LIFE_OOM_KILL = 4,
};
#define TIDEMARK_LIFE_KINDS 5

struct tidemark_life_record {
  __u32 kind;
  __u32 tgid;
  __u32 parent;
  __s32 wait_status; /* exit only */
  __u64 time_boot_ns;
  __u64 start_boot_ns;
  __u64 exec_id;
  char comm[TIDEMARK_COMM_SIZE];
  /* Exit only, zero else. */
  struct tidemark_usage usage;
  __u64 prev_user_ns;
  __u64 prev_system_ns;
  __u64 rss_peak_pages;
};

#endif
