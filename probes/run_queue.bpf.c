// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// How long threads of followed processes wait for a CPU. The kernel adds each
// wait to the thread's run_delay when it gets the CPU; what was added since it
// last gave one up is seen when it gives up the next. So one hook is enough,
// and the sum is that of /proc/PID/schedstat.

#include <stdbool.h>

#include "probes/latency.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct time_of_task seen SEC(".maps");

SEC("tp_btf/sched_switch")
int BPF_PROG(switched, bool preempt, struct task_struct* previous) {
  struct tidemark_latency* latency = latency_of_process(previous);
  const __u64 now = previous->sched_info.run_delay;
  __u64* before;

  if (!latency) return 0;
  before = bpf_task_storage_get(&seen, previous, NULL, 0);
  if (before) {
    add_latency(latency, now - *before);
    *before = now;
    return 0;
  }
  before = bpf_task_storage_get(&seen, previous, NULL,
                                BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (before) *before = now;
  return 0;
}
