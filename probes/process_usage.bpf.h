/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Counters of threads and processes: who reads them from a task_struct. */
#ifndef TIDEMARK_PROBES_PROCESS_USAGE_BPF_H
#define TIDEMARK_PROBES_PROCESS_USAGE_BPF_H

#include "probes/kernel_types.bpf.h"
#include "probes/probe_record.h"

/* Direct loads, so `task` must be a pointer that the verifier knows. */
static __always_inline void read_thread_usage(struct tidemark_usage* usage,
                                              struct task_struct* task) {
  usage->user_ns = task->utime;
  usage->system_ns = task->stime;
  usage->runtime_ns = task->se.sum_exec_runtime;
  usage->minor_faults = task->min_flt;
  usage->major_faults = task->maj_flt;
  usage->voluntary_switches = task->nvcsw;
  usage->involuntary_switches = task->nivcsw;
  usage->run_delay_ns = task->sched_info.run_delay;
  usage->io.rchar = task->ioac.rchar;
  usage->io.wchar = task->ioac.wchar;
  usage->io.read = task->ioac.read_bytes;
  usage->io.write = task->ioac.write_bytes;
  usage->io.cancelled_write = task->ioac.cancelled_write_bytes;
}

static __always_inline void add_thread_usage(struct tidemark_usage* usage,
                                             struct task_struct* task) {
  usage->user_ns += task->utime;
  usage->system_ns += task->stime;
  usage->runtime_ns += task->se.sum_exec_runtime;
  usage->minor_faults += task->min_flt;
  usage->major_faults += task->maj_flt;
  usage->voluntary_switches += task->nvcsw;
  usage->involuntary_switches += task->nivcsw;
  usage->run_delay_ns += task->sched_info.run_delay;
  usage->io.rchar += task->ioac.rchar;
  usage->io.wchar += task->ioac.wchar;
  usage->io.read += task->ioac.read_bytes;
  usage->io.write += task->ioac.write_bytes;
  usage->io.cancelled_write += task->ioac.cancelled_write_bytes;
}

/* The threads that have ended left their counters in signal_struct. */
static __always_inline void add_ended_threads(struct tidemark_usage* usage,
                                              struct signal_struct* signal) {
  usage->user_ns += signal->utime;
  usage->system_ns += signal->stime;
  usage->runtime_ns += signal->sum_sched_runtime;
  usage->minor_faults += signal->min_flt;
  usage->major_faults += signal->maj_flt;
  usage->voluntary_switches += signal->nvcsw;
  usage->involuntary_switches += signal->nivcsw;
  usage->io.rchar += signal->ioac.rchar;
  usage->io.wchar += signal->ioac.wchar;
  usage->io.read += signal->ioac.read_bytes;
  usage->io.write += signal->ioac.write_bytes;
  usage->io.cancelled_write += signal->ioac.cancelled_write_bytes;
}

#endif
