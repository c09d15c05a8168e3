// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// All processes in one pass: a binary record for each process, and a shorter
// one for each further thread, which the reader adds to its process. Threads
// come one by one, in the order of their ids, from the iterator itself; walking
// each process's thread list here would need a bound that big programs exceed.

#include "probes/core_fixes.bpf.h"
#include "probes/process_usage.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

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

SEC("iter/task")
int scan_task(struct bpf_iter__task* ctx) {
  struct seq_file* seq = ctx->meta->seq;
  struct task_struct* task = ctx->task;
  struct tidemark_process_record record = {};
  struct signal_struct* signal;

  if (!task) return 0;
  record.tgid = namespace_tgid(task);
  if (task->pid != task->tgid) return write_thread(seq, task, record.tgid);

  record.tid = record.tgid;
  signal = task->signal;
  read_thread_usage(&record.usage, task);
  add_ended_threads(&record.usage, signal);
  record.prev_user_ns = signal->prev_cputime.utime;
  record.prev_system_ns = signal->prev_cputime.stime;
  record.parent = namespace_tgid(task->real_parent);
  record.threads = (__u32)signal->nr_threads;
  record.exit_state = (__u32)task->exit_state;
  record.start_boot_ns = task->start_boottime;
  record.exec_id = task->self_exec_id;
  if (task->flags & PF_KTHREAD) {
    record.flags |= TIDEMARK_KERNEL_THREAD;
  } else {
    read_memory(&record, task);
  }
  bpf_core_read(record.comm, sizeof(record.comm), &task->comm);
  bpf_seq_write(seq, &record, sizeof(record));
  return 0;
}
