// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// How long threads are held up because they have to free memory themselves
// before they get some: direct reclaim of the host, and of a cgroup at its
// limit.

#include "probes/latency.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct time_of_task began SEC(".maps");

static __always_inline int begin(void) {
  __u64* time = bpf_task_storage_get(&began, bpf_get_current_task_btf(), NULL,
                                     BPF_LOCAL_STORAGE_GET_F_CREATE);

  if (time) *time = bpf_ktime_get_ns();
  return 0;
}

static __always_inline int end(void) {
  struct task_struct* task = bpf_get_current_task_btf();
  __u64* time = bpf_task_storage_get(&began, task, NULL, 0);
  struct tidemark_latency* latency;
  __u64 took;

  if (!time || !*time) return 0;
  took = bpf_ktime_get_ns() - *time;
  *time = 0;
  latency_of(TIDEMARK_LATENCY_HOST, 0, took);
  latency = latency_of_process(task);
  if (latency) add_latency(latency, took);
  return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int host_begin(void* context) { return begin(); }

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int host_end(void* context) { return end(); }

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int cgroup_begin(void* context) { return begin(); }

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int cgroup_end(void* context) { return end(); }
