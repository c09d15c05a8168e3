/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Sampling of allocations by bytes: each byte starts a sample with probability
 * 1/period, so a block of `size` is sampled with 1 - e^(-size/period), and
 * stands for size / (1 - e^(-size/period)) bytes (jemalloc,
 * doc_internal/PROFILING_INTERNALS.md). Integers alone: the kernel's half runs
 * this very text. */
#ifndef TIDEMARK_PROBES_HEAP_SAMPLING_H
#define TIDEMARK_PROBES_HEAP_SAMPLING_H

#include <linux/types.h>

#define TIDEMARK_LOG2_STEPS 256
/* size / period below 8 in 64ths; above, a block weighs what it is: off by
 * less than 0.04 %. */
#define TIDEMARK_WEIGHT_STEPS 512
#define TIDEMARK_EXACT 1 /* the period that samples every block */
/* Counts of blocks are kept in 256ths: a weight in blocks is a fraction. */
#define TIDEMARK_COUNT_BITS 8

/* 2^16 log2(1 + i/256); 2^20 x/(1-e^-x) of x = i/64. */
struct tidemark_sampling_tables {
  __u32 log2_of[TIDEMARK_LOG2_STEPS + 1];
  __u32 weight_of[TIDEMARK_WEIGHT_STEPS + 1];
};

/* Between two entries of a table, `rest` in 2^-16 of a step. */
static inline __u64 tidemark_between(const __u32* table, __u64 index,
                                     __u64 rest) {
  const __u64 low = table[index];

  return low + (((table[index + 1] - low) * rest) >> 16);
}

static inline __u64 tidemark_top_bit(__u64 value) {
  __u64 bit = 0;

  for (__u32 step = 32; step > 0; step /= 2) {
    if (value >> step) {
      bit += step;
      value >>= step;
    }
  }
  return bit;
}

/* Bytes up to the next sample: -ln(u) period, u = (random + 1) / 2^32. A
 * linear fraction instead of the table would make it 4 % too long. */
static inline __u64 tidemark_gap(const __u32* log2_of, __u32 random,
                                 __u64 period) {
  const __u64 value = random + 1ull;
  const __u64 exponent = tidemark_top_bit(value);
  const __u64 fraction = (value << (32 - (exponent & 63))) & 0xffffffff;
  const __u64 log2_value =
      (exponent << 16) + tidemark_between(log2_of, (fraction >> 24) & 255,
                                          (fraction >> 8) & 0xffff);
  /* ln 2 = 45426 / 2^16 */
  const __u64 nats = (((32ull << 16) - log2_value) * 45426) >> 16;

  return (nats * period) >> 16;
}

/* The bytes that a sampled block of `size` stands for; period below 2^32. */
static inline __u64 tidemark_weight(const __u32* weight_of, __u64 size,
                                    __u64 period) {
  __u64 place;

  if (period <= TIDEMARK_EXACT || size >= 8 * period) return size;
  place = (size << 22) / period; /* 64 size/period, in 2^-16 */
  return (period *
          tidemark_between(weight_of, (place >> 16) & 511, place & 0xffff)) >>
         20;
}

/* The blocks that it stands for, in 2^-TIDEMARK_COUNT_BITS. */
static inline __u64 tidemark_weight_count(__u64 size, __u64 weight) {
  if (size == 0) return 1u << TIDEMARK_COUNT_BITS;
  return (weight << TIDEMARK_COUNT_BITS) / size;
}

#endif
