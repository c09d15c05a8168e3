/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the heap probe and its reader share: cookies, map keys and values, the
 * records of its rings. Native byte order. */
#ifndef TIDEMARK_PROBES_HEAP_RECORD_H
#define TIDEMARK_PROBES_HEAP_RECORD_H

#include <linux/types.h>

/* Stands for a kernel function until the program is loaded: no helper has this
 * number. */
#define TIDEMARK_SESSION_IS_RETURN 0x7e55

#define TIDEMARK_HEAP_PROCESSES 64
#define TIDEMARK_HEAP_CODE_BITS 65536   /* power of two: see the next but one */
#define TIDEMARK_HEAP_HASHES (1u << 18) /* of addresses of blocks */
#define TIDEMARK_HEAP_WORDS 64      /* of the stack, looked at for the key */
#define TIDEMARK_HEAP_WINDOW 256    /* words in which frames are followed */
#define TIDEMARK_HEAP_STACK 16384   /* most bytes of a stack that are copied */
#define TIDEMARK_HEAP_LIVES 16      /* buckets of lifetimes */
#define TIDEMARK_HEAP_LIFE_SHIFT 12 /* the first bucket: up to 4 us */

/* Where an allocation function has its size and its result. */
enum tidemark_heap_kind {
  TIDEMARK_HEAP_FREE = 0,            /* free(p, ...) */
  TIDEMARK_HEAP_SIZE_FIRST = 1,      /* malloc(size) valloc pvalloc */
  TIDEMARK_HEAP_SIZE_SECOND = 2,     /* memalign(align, size) */
  TIDEMARK_HEAP_PRODUCT = 3,         /* calloc(n, size) */
  TIDEMARK_HEAP_REALLOC = 4,         /* realloc(p, size) */
  TIDEMARK_HEAP_REALLOC_PRODUCT = 5, /* reallocarray(p, n, size) */
  TIDEMARK_HEAP_BY_POINTER = 6,      /* posix_memalign(&p, align, size) */
  TIDEMARK_HEAP_RESULT = 7, /* at a ret of a function with ..._AT_RETURN */
};

/* A probe's cookie: kind, function (the caller's number for it), flags, and
 * the process's slot in the upper half. */
#define TIDEMARK_HEAP_COOKIE(slot, flags, function, kind) \
  ((slot) * (1ull << 32) + (flags) * 65536ull + (function) * 256ull + (kind))
#define TIDEMARK_HEAP_SLOW 1u  /* single-stepped */
#define TIDEMARK_HEAP_NESTS 2u /* may call another probed function */
/* Its result is told by a second probe at its returns: a return probe would
 * end an exception that passes through it. */
#define TIDEMARK_HEAP_AT_RETURN 4u

/* Of a process; the daemon writes period, flags and code_known. */
#define TIDEMARK_HEAP_ENABLED 1u
#define TIDEMARK_HEAP_COUNT_ONLY 2u /* counts traps and does no more */
#define TIDEMARK_HEAP_AT_EXEC 4u    /* enabled by its next exec */
struct tidemark_heap_process {
  __u64 period; /* bytes between two samples; TIDEMARK_EXACT: every block */
  __u32 flags;
  __u32 epoch; /* its rows are of this life: exec and attaching begin one */
  __u32 code_known; /* 0: its pages are not, as after an exec */
  __u32 pad[11];
  /* That wait for their return; never less than there are. On a line of its
   * own: written often, and the rest is read by every hit. */
  __u32 active_calls;
  __u32 pad_line[15];
};

/* The executable pages of a process, by a hash of their number: data may be
 * taken for code, code never for data. */
struct tidemark_heap_code {
  __u64 pages[TIDEMARK_HEAP_CODE_BITS / 64];
};

static inline __u32 tidemark_code_bit(__u64 address) {
  const __u64 page = address >> 12;

  return (page ^ (page >> 16)) & (TIDEMARK_HEAP_CODE_BITS - 1);
}

static inline __u32 tidemark_address_hash(__u64 address) {
  return ((address >> 4) ^ (address >> 22)) & (TIDEMARK_HEAP_HASHES - 1);
}

/* In the map of targets: a child of the slot's process. */
#define TIDEMARK_HEAP_CHILD 0x80000000u

/* Causes of loss. */
enum tidemark_heap_drop {
  TIDEMARK_HEAP_DROP_LIVE_FULL,  /* blocks that found no slot */
  TIDEMARK_HEAP_DROP_SITES_FULL, /* samples that went to the "other" site */
  TIDEMARK_HEAP_DROP_STACK,      /* stacks that found the ring full */
  TIDEMARK_HEAP_DROP_EVENT,      /* process events that found theirs full */
  TIDEMARK_HEAP_DROP_RETURN,     /* calls that never returned */
  TIDEMARK_HEAP_DROP_FREE,       /* blocks whose free was not seen */
  TIDEMARK_HEAP_DROP_STATE,      /* calls of a thread without state */
  TIDEMARK_HEAP_DROPS
};

/* Per CPU and process. */
struct tidemark_heap_counts {
  __u64 fast_traps;
  __u64 slow_traps;
  __u64 return_traps;
  __u64 alloc_count; /* calls that asked for memory, sampled or not */
  __u64 alloc_bytes;
  __u64 samples;
  __u64 frees;     /* of sampled blocks */
  __u64 untracked; /* sampled blocks that are in no row of the live map */
  __u64 drops[TIDEMARK_HEAP_DROPS];
  /* The countdown: bytes up to the next sample, and for what period. */
  __s64 left;
  __u64 period;
};

struct tidemark_heap_block_key {
  __u64 address;
  __u32 slot;
  __u32 epoch;
};

struct tidemark_heap_block {
  __u64 key; /* of its stack */
  __u64 bytes;
  __u64 count; /* in 2^-TIDEMARK_COUNT_BITS */
  __u64 time_ns;
  __u32 cohort;
  __u32 pad;
};

struct tidemark_heap_site_key {
  __u32 slot;
  __u32 epoch;
  __u64 key; /* 0: what found no row of its own */
  __u32 cohort;
  __u32 pad;
};

/* Alive is what was allocated less what was freed. */
struct tidemark_heap_site {
  __s64 alloc_bytes;
  __s64 alloc_count; /* in 2^-TIDEMARK_COUNT_BITS, as is freed_count */
  __s64 freed_bytes;
  __s64 freed_count;
  __s64 samples;
  __u32
      lives[TIDEMARK_HEAP_LIVES]; /* bucket i: below 4^i 4 us; the last: all */
};

struct tidemark_heap_stack_key {
  __u64 key;
  __u32 slot;
  __u32 epoch;
};

/* x86-64, of the caller, as its call returns. */
struct tidemark_heap_registers {
  __u64 ip, sp, bp, bx, r12, r13, r14, r15;
};

struct tidemark_heap_stack_record {
  __u64 key;
  __u32 slot;
  __u32 epoch;
  __u32 function; /* as in the cookie */
  __u32 stack_bytes;
  struct tidemark_heap_registers registers;
  __u8 stack[TIDEMARK_HEAP_STACK];
};

enum tidemark_heap_event_kind {
  TIDEMARK_HEAP_FORKED = 1,  /* tgid: the child's */
  TIDEMARK_HEAP_VFORKED = 2, /* a child that shares the memory */
  TIDEMARK_HEAP_EXECED = 3,
  TIDEMARK_HEAP_EXITED = 4,
  TIDEMARK_HEAP_MAPPED = 5, /* its dynamic linker changed what is mapped */
  TIDEMARK_HEAP_CHILD_EXECED = 6, /* a child that has no slot of its own */
};

struct tidemark_heap_event_record {
  __u32 kind;
  __u32 slot; /* of the process, or of the one that forked it */
  __u32 tgid;
  __u32 epoch; /* that begins */
};

#endif
