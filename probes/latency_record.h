/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Histograms that latency probes keep and C++ reads. Native byte order. */
#ifndef TIDEMARK_PROBES_LATENCY_RECORD_H
#define TIDEMARK_PROBES_LATENCY_RECORD_H

#include <linux/types.h>

/* As core/base/histogram.h has it, with 8 buckets for each power of two, up to
 * 2^42 ns. */
#define TIDEMARK_LATENCY_BITS 3
#define TIDEMARK_LATENCY_BUCKETS 328

enum tidemark_latency_subject {
  TIDEMARK_LATENCY_HOST = 1,    /* id 0 */
  TIDEMARK_LATENCY_PROCESS = 2, /* id: its number */
  TIDEMARK_LATENCY_DEVICE = 3,  /* id: major << 20 | minor */
};

struct tidemark_latency_key {
  __u32 subject;
  __u32 id;
};

struct tidemark_latency {
  __u64 start_ticks; /* of a process's life */
  __u64 count;
  __u64 sum_ns;
  __u64 max_ns;
  __u32 buckets[TIDEMARK_LATENCY_BUCKETS];
};

#endif
