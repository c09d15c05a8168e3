/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Histograms of latencies by subject; the reader says whose are kept. */
#ifndef TIDEMARK_PROBES_LATENCY_BPF_H
#define TIDEMARK_PROBES_LATENCY_BPF_H

#include "probes/core_fixes.bpf.h"
#include "probes/latency_record.h"

const volatile __u64 ns_per_tick = 10000000;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct tidemark_latency_key);
  __type(value, struct tidemark_latency);
} latencies SEC(".maps");

/* A map of what was last seen of each thread. */
struct time_of_task {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u64);
};

static __always_inline __u32 top_bit(__u64 value) {
  __u32 bit = 0;

  if (value >> 32) value >>= 32, bit += 32;
  if (value >> 16) value >>= 16, bit += 16;
  if (value >> 8) value >>= 8, bit += 8;
  if (value >> 4) value >>= 4, bit += 4;
  if (value >> 2) value >>= 2, bit += 2;
  return bit + (__u32)(value >> 1);
}

static __always_inline __u32 latency_bucket(__u64 ns) {
  __u32 shift, bucket;

  if (ns < (2u << TIDEMARK_LATENCY_BITS)) return (__u32)ns;
  shift = top_bit(ns) - TIDEMARK_LATENCY_BITS;
  bucket = (shift << TIDEMARK_LATENCY_BITS) + (__u32)(ns >> shift);
  return bucket < TIDEMARK_LATENCY_BUCKETS ? bucket
                                           : TIDEMARK_LATENCY_BUCKETS - 1;
}

static __always_inline void add_latency(struct tidemark_latency* to, __u64 ns) {
  const __u32 bucket = latency_bucket(ns);

  if (bucket >= TIDEMARK_LATENCY_BUCKETS) return;
  __sync_fetch_and_add(&to->count, 1);
  __sync_fetch_and_add(&to->sum_ns, ns);
  __sync_fetch_and_add(&to->buckets[bucket], 1);
  if (ns > to->max_ns) to->max_ns = ns;
}

static __always_inline void latency_of(__u32 subject, __u32 id, __u64 ns) {
  const struct tidemark_latency_key key = {subject, id};
  struct tidemark_latency* found = bpf_map_lookup_elem(&latencies, &key);

  if (found) add_latency(found, ns);
}

/* NULL: nobody asked for it. */
static __always_inline struct tidemark_latency* latency_of_process(
    struct task_struct* task) {
  const struct tidemark_latency_key key = {TIDEMARK_LATENCY_PROCESS,
                                           namespace_tgid(task)};
  struct tidemark_latency* found = bpf_map_lookup_elem(&latencies, &key);

  if (!found ||
      task->group_leader->start_boottime / ns_per_tick != found->start_ticks)
    return NULL;
  return found;
}

#endif
