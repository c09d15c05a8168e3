/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* By what the heap probe knows a stack again without unwinding it. */
#ifndef TIDEMARK_PROBES_HEAP_KEY_BPF_H
#define TIDEMARK_PROBES_HEAP_KEY_BPF_H

#include "probes/heap_record.h"
#include "probes/user_memory.bpf.h"

#define MOST_FRAMES 16

/* An address in executable memory: a return address, or what is left of one.
 * While that memory is not known, any address: more keys than stacks, but no
 * two stacks under one key. */
static __always_inline bool is_code(const struct tidemark_heap_code* code,
                                    bool known, __u64 address) {
  const __u32 bit = tidemark_code_bit(address);

  if (address - 0x10000 >= 0x7fff00000000 - 0x10000) return false;
  return !known || (code->pages[bit / 64] >> (bit % 64) & 1);
}

/* Bytes that were read, zero up to TIDEMARK_HEAP_WORDS where the stack ends
 * before. One large read: the kernel's checks of a copy cost as much as its
 * first two thousand bytes. */
static __always_inline __u32 read_words(__u64* words, __u64 sp) {
  if (!bpf_probe_read_user(words, 8 * TIDEMARK_HEAP_WINDOW, (void*)sp))
    return 8 * TIDEMARK_HEAP_WINDOW;
  if (!bpf_probe_read_user(words, 512, (void*)sp)) return 512;
  __builtin_memset(words, 0, 512);
  if (!bpf_probe_read_user(words, 128, (void*)sp)) return 128;
  if (!bpf_probe_read_user(words, 32, (void*)sp)) return 32;
  words[0] = 0;
  return 0;
}

/* Follows the frame pointers, whose return addresses among the first words
 * were mixed in as words. No loops by helpers here: where returns from calls
 * are made safe (SRSO), each costs as much as the rest of its round. */
static __always_inline __u64 mix_frames(__u64 key, const __u64* words,
                                        const struct tidemark_heap_code* code,
                                        bool known, __u32 bytes, __u64 sp,
                                        __u64 frame) {
#pragma unroll
  for (int i = 0; i < MOST_FRAMES; ++i) {
    const __u64 at = frame - sp;
    __u64 pair[2];

    if ((frame & 7) || at >= (8ull << 20)) break;
    if (at + 16 <= bytes) {
      pair[0] = words[(at / 8) & (TIDEMARK_HEAP_WINDOW - 1)];
      pair[1] = words[(at / 8 + 1) & (TIDEMARK_HEAP_WINDOW - 1)];
    } else if (bpf_probe_read_user(pair, sizeof(pair), (void*)frame)) {
      break;
    }
    if (!is_code(code, known, pair[1])) break;
    if (at >= 8 * (TIDEMARK_HEAP_WORDS - 1)) key = mix(key, pair[1]);
    if (pair[0] <= frame) break;
    frame = pair[0];
  }
  return key;
}

/* Stacks of one key look alike: the caller, what looks like return addresses
 * in the next words (functions without a frame pointer), and the frame
 * pointers' chain, which reaches further where there is one. Leftovers in
 * those words make more keys than stacks; the reader joins them. */
static __always_inline __u64 stack_key(__u64* words, __u64 key,
                                       const struct tidemark_heap_code* code,
                                       bool known, __u64 sp, __u64 frame) {
  const __u32 bytes = read_words(words, sp);

#pragma unroll
  for (int i = 0; i < TIDEMARK_HEAP_WORDS; ++i) {
    if (is_code(code, known, words[i])) key = mix(key, words[i]);
  }
  key = mix_frames(key, words, code, known, bytes, sp, frame);
  return key ? key : 1;
}

#endif
