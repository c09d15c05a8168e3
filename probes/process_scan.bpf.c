// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// All processes in one pass, in one of two ways; the reader loads one of them.
//
// walk_tasks goes through the kernel's list of processes in one call and leaves
// a record of each, its threads added up, in memory that the reader maps: no
// task is looked up by its pid or pinned, and nothing is copied.
//
// scan_task is called by the task iterator for each thread, in the order of
// ids, and writes a record for each process and a shorter one for each further
// thread, which the reader adds to its process. It gives way to others between
// threads, so it takes a host of any size, and it runs on older kernels.

#include "probes/core_fixes.bpf.h"
#include "probes/process_usage.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void read_process(struct tidemark_process_record* record,
                                         struct task_struct* task) {
  struct signal_struct* signal = task->signal;

  read_thread_usage(&record->usage, task);
  add_ended_threads(&record->usage, signal);
  record->prev_user_ns = signal->prev_cputime.utime;
  record->prev_system_ns = signal->prev_cputime.stime;
  record->parent = namespace_tgid(task->real_parent);
  record->threads = (__u32)signal->nr_threads;
  record->exit_state = (__u32)task->exit_state;
  record->start_boot_ns = task->start_boottime;
  record->exec_id = task->self_exec_id;
  record->flags = 0;
  bpf_core_read(record->comm, sizeof(record->comm), &task->comm);
}

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
                             unsigned int flags) __ksym __weak;
extern struct task_struct* bpf_iter_task_next(
    struct bpf_iter_task* it) __ksym __weak;
extern void bpf_iter_task_destroy(struct bpf_iter_task* it) __ksym __weak;
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

SEC("?raw_tp")
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

static __always_inline void read_memory(struct tidemark_process_record* record,
                                        struct task_struct* task) {
  struct mm_struct* mm = task->mm;

  if (!mm) return;
  record->flags |= TIDEMARK_HAS_MM;
  record->rss_file_pages = TIDEMARK_RSS(mm, MM_FILEPAGES);
  record->rss_anon_pages = TIDEMARK_RSS(mm, MM_ANONPAGES);
  record->swap_pages = TIDEMARK_RSS(mm, MM_SWAPENTS);
  record->rss_shmem_pages = TIDEMARK_RSS(mm, MM_SHMEMPAGES);
}

static __always_inline int write_thread(struct seq_file* seq,
                                        struct task_struct* task, __u32 tgid) {
  struct tidemark_thread_record record = {.tgid = tgid,
                                          .tid = namespace_tid(task)};

  read_thread_usage(&record.usage, task);
  bpf_seq_write(seq, &record, sizeof(record));
  return 0;
}

SEC("?iter/task")
int scan_task(struct bpf_iter__task* ctx) {
  struct seq_file* seq = ctx->meta->seq;
  struct task_struct* task = ctx->task;
  struct tidemark_process_record record = {};

  if (!task) return 0;
  record.tgid = namespace_tgid(task);
  if (task->pid != task->tgid) return write_thread(seq, task, record.tgid);

  record.tid = record.tgid;
  read_process(&record, task);
  if (task->flags & PF_KTHREAD) {
    record.flags = TIDEMARK_KERNEL_THREAD;
  } else {
    read_memory(&record, task);
  }
  bpf_seq_write(seq, &record, sizeof(record));
  return 0;
}
