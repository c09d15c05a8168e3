// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// All processes in one pass of the task iterator: it calls for each thread, in
// the order of ids, and a record is written for each process and a shorter one
// for each further thread, which the reader adds to its process. It gives way
// to others between threads, so it takes a host of any size, and it runs on
// older kernels than process_walk.bpf.c.

#include "probes/process_record.bpf.h"

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
