// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// How long block devices take for a request, from its issue to its completion,
// by device and by the process that issued it. What the kernel writes back
// later is issued by its own threads: it counts to the device alone.

#include "probes/latency.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), \
                             apply_to = record)
struct block_device {
  __u32 bd_dev;
};
struct request {
  struct block_device* part; /* since 5.16; the whole disk has part 0 */
};
#pragma clang attribute pop

struct issued {
  __u64 time_ns;
  __u32 tgid;
  __u32 device;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH); /* requests that are merged never end */
  __uint(max_entries, 8192);
  __type(key, __u64);
  __type(value, struct issued);
} under_way SEC(".maps");

SEC("tp_btf/block_rq_issue")
int BPF_PROG(issue, struct request* request) {
  struct task_struct* task = bpf_get_current_task_btf();
  const __u64 key = (__u64)request;
  struct issued issued = {.time_ns = bpf_ktime_get_ns()};

  if (latency_of_process(task)) issued.tgid = namespace_tgid(task);
  issued.device = BPF_CORE_READ(request, part, bd_dev);
  bpf_map_update_elem(&under_way, &key, &issued, BPF_ANY);
  return 0;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(complete, struct request* request) {
  const __u64 key = (__u64)request;
  struct issued* issued = bpf_map_lookup_elem(&under_way, &key);
  __u64 took;

  if (!issued) return 0;
  took = bpf_ktime_get_ns() - issued->time_ns;
  latency_of(TIDEMARK_LATENCY_DEVICE, issued->device, took);
  latency_of(TIDEMARK_LATENCY_PROCESS, issued->tgid, took);
  bpf_map_delete_elem(&under_way, &key);
  return 0;
}
