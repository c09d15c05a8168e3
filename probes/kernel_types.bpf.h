/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The few kernel types and members that the probes read. Offsets here mean
 * nothing: each access is relocated to the running kernel's layout (CO-RE). A
 * name with three underscores is a flavour: the same type as another kernel
 * version has it. */
#ifndef TIDEMARK_PROBES_KERNEL_TYPES_BPF_H
#define TIDEMARK_PROBES_KERNEL_TYPES_BPF_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), \
                             apply_to = record)

typedef struct {
  int counter;
} atomic_t;

typedef struct {
  __s64 counter;
} atomic64_t;

struct list_head {
  struct list_head *next, *prev;
};

struct ns_common {
  unsigned int inum;
};

struct pid_namespace {
  struct ns_common ns;
};

struct upid {
  int nr;
  struct pid_namespace* ns;
};

struct pid {
  unsigned int level;
  struct upid numbers[1];
};

struct percpu_counter {
  __s64 count;
};

struct mm_struct {
  struct percpu_counter rss_stat[4]; /* since 6.2 */
  unsigned long hiwater_rss;         /* pages */
  unsigned long total_vm;            /* pages, as the next two */
  unsigned long data_vm;
  unsigned long stack_vm;
  unsigned long start_brk, brk; /* addresses */
  unsigned long start_stack;
};

struct mm_rss_stat {
  atomic64_t count[4];
};

struct mm_struct___before_6_2 {
  struct mm_rss_stat rss_stat;
};

struct sched_entity {
  __u64 sum_exec_runtime;
};

struct sched_info {
  unsigned long long run_delay;
};

struct task_io_accounting {
  __u64 rchar;
  __u64 wchar;
  __u64 read_bytes;
  __u64 write_bytes;
  __u64 cancelled_write_bytes;
};

struct prev_cputime {
  __u64 utime;
  __u64 stime;
};

struct signal_struct {
  atomic_t live;
  int nr_threads;
  struct list_head thread_head;
  int group_exit_code;
  unsigned int flags;
  struct pid* pids[4];
  __u64 utime;
  __u64 stime;
  struct prev_cputime prev_cputime;
  unsigned long nvcsw;
  unsigned long nivcsw;
  unsigned long min_flt;
  unsigned long maj_flt;
  unsigned long maxrss;
  struct task_io_accounting ioac;
  unsigned long long sum_sched_runtime;
};

struct file;

struct fdtable {
  unsigned int max_fds;
  struct file** fd;
};

struct files_struct {
  struct fdtable* fdt;
};

struct task_struct {
  unsigned int flags;
  struct sched_entity se;
  struct sched_info sched_info;
  struct mm_struct* mm;
  int exit_state;
  int exit_code;
  int pid;
  int tgid;
  struct task_struct* real_parent;
  struct task_struct* group_leader;
  struct pid* thread_pid;
  struct list_head thread_node;
  __u64 utime;
  __u64 stime;
  unsigned long nvcsw;
  unsigned long nivcsw;
  __u64 start_boottime;
  unsigned long min_flt;
  unsigned long maj_flt;
  char comm[16];
  struct signal_struct* signal;
  __u64 self_exec_id;
  struct task_io_accounting ioac;
  struct files_struct* files;
};

/* x86-64: what a program had in its registers when it entered the kernel. */
struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si,
      di;
  unsigned long orig_ax, ip;
  unsigned long sp;
};

struct seq_file;

struct bpf_iter_meta {
  struct seq_file* seq;
};

struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
};

#pragma clang attribute pop

#define PF_KTHREAD 0x00200000
#define SIGNAL_GROUP_EXIT 0x00000004
#define PIDTYPE_TGID 1
enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES };

#endif
