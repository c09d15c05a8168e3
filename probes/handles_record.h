/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the handles probe and its reader share. Native byte order. */
#ifndef TIDEMARK_PROBES_HANDLES_RECORD_H
#define TIDEMARK_PROBES_HANDLES_RECORD_H

#include <linux/types.h>

#define TIDEMARK_HANDLES_PROCESSES 256 /* power of two */
#define TIDEMARK_HANDLES_RANGES 64     /* power of two: executable ranges */
#define TIDEMARK_HANDLES_WORDS 64      /* of the stack, looked at for the key */
#define TIDEMARK_HANDLES_STACK 16384   /* most bytes of a stack copied */

/* As SiteKind. */
enum tidemark_handle_kind {
  TIDEMARK_HANDLE_FD = 4,
  TIDEMARK_HANDLE_SOCKET = 5,
  TIDEMARK_HANDLE_THREAD = 6,
  TIDEMARK_HANDLE_MAPPED = 8,
};

enum tidemark_handles_drop {
  TIDEMARK_HANDLES_DROP_OPEN_FULL,  /* handles that found no slot */
  TIDEMARK_HANDLES_DROP_SITES_FULL, /* that found no row */
  TIDEMARK_HANDLES_DROP_RING,       /* stacks that found the ring full */
  TIDEMARK_HANDLES_DROP_CLOSE,      /* whose closing was not seen */
  TIDEMARK_HANDLES_DROP_MAPPING,    /* mappings made that found no room */
  TIDEMARK_HANDLES_DROP_UNMAPPING,  /* the same of what was given back */
  TIDEMARK_HANDLES_DROPS
};

struct tidemark_handles_process {
  __u32 enabled;
  __u32 most;   /* the largest descriptor seen */
  __u64 opened; /* all kinds */
  __u64 closed;
  __u64 drops[TIDEMARK_HANDLES_DROPS];
};

/* Addresses that may be return addresses, ascending. */
struct tidemark_handles_ranges {
  __u64 count;
  __u64 begin[TIDEMARK_HANDLES_RANGES];
  __u64 end[TIDEMARK_HANDLES_RANGES];
};

struct tidemark_handle_key {
  __u32 slot;
  __u32 thread; /* 1: number is a thread's */
  __u32 number; /* descriptor or thread */
  __u32 pad;
};

struct tidemark_handles_site_key {
  __u64 stack; /* the stack's key */
  __u32 slot;
  __u32 cohort;
  __u32 kind;
  __u32 pad;
};

struct tidemark_handles_site {
  __u64 opened;
  __u64 closed;
};

struct tidemark_handles_stack_key {
  __u64 stack;
  __u32 slot;
  __u32 pad;
};

enum tidemark_handles_event {
  TIDEMARK_HANDLES_STACK_SEEN = 1,
  TIDEMARK_HANDLES_EXECED = 2, /* what is mapped changed */
  TIDEMARK_HANDLES_EXITED = 3,
  TIDEMARK_HANDLES_MAPPED = 4,   /* a range is there, whatever was before */
  TIDEMARK_HANDLES_UNMAPPED = 5, /* a range is given back */
  TIDEMARK_HANDLES_MOVING = 6,   /* mremap of a range was entered */
  TIDEMARK_HANDLES_MOVED = 7,    /* it is now here; bytes 0: it failed */
  TIDEMARK_HANDLES_RESERVED = 8, /* a range of addresses without memory */
};

struct tidemark_handles_head {
  __u32 event;
  __u32 slot;
};

struct tidemark_handles_mapping {
  struct tidemark_handles_head head;
  __u64 stack; /* its key; MAPPED and MOVED */
  __u64 address;
  __u64 bytes;
  __u32 cohort; /* the same */
  __u32 thread; /* which moves it: its call's two records belong together */
};

/* x86-64, at the system call's return; the order of DWARF's numbers. */
struct tidemark_handles_stack {
  struct tidemark_handles_head head;
  __u64 stack; /* its key */
  __u64 registers[16];
  __u64 ip;
  __u32 kind;
  __u32 bytes;
  __u8 copy[TIDEMARK_HANDLES_STACK];
};

#endif
