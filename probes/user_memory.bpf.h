/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What every probe that copies user stacks does alike. */
#ifndef TIDEMARK_PROBES_USER_MEMORY_BPF_H
#define TIDEMARK_PROBES_USER_MEMORY_BPF_H

#include "probes/core_fixes.bpf.h"

/* As much of the stack as there is, to 256 bytes; `most` is a power of two that
 * the compiler knows. */
static __always_inline __u32 copy_bytes(__u8* to, __u64 sp, const __u32 most) {
  __u32 done = 0;

#pragma unroll
  for (__u32 size = most; size >= 256; size /= 2) {
    if (done > most - size) continue;
    if (!bpf_probe_read_user(to + done, size, (void*)(sp + done))) done += size;
  }
  return done;
}

/* Adds a word to the key of a stack. */
static __always_inline __u64 mix(__u64 hash, __u64 word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
  return hash ^ (hash >> 29);
}

#endif
