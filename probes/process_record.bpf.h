/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What both passes over all processes read of one, but for its memory: who may
 * follow its mm differs. */
#ifndef TIDEMARK_PROBES_PROCESS_RECORD_BPF_H
#define TIDEMARK_PROBES_PROCESS_RECORD_BPF_H

#include "probes/core_fixes.bpf.h"
#include "probes/process_usage.bpf.h"

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

#endif
