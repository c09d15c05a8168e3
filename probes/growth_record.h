/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What growth.bpf.c and its reader share. Native byte order. */
#ifndef TIDEMARK_PROBES_GROWTH_RECORD_H
#define TIDEMARK_PROBES_GROWTH_RECORD_H

#include "probes/user_stack.h"

/* What kind of memory grew. */
enum tidemark_growth_region {
  TIDEMARK_GROWTH_HEAP = 0,         /* brk */
  TIDEMARK_GROWTH_MAPPING = 1,      /* anonymous: big blocks, pools */
  TIDEMARK_GROWTH_ARENA = 2,        /* reserved before, now made usable */
  TIDEMARK_GROWTH_THREAD_STACK = 3, /* MAP_STACK */
  TIDEMARK_GROWTH_STACK = 4,        /* the main thread's */
  TIDEMARK_GROWTH_FILE = 5,         /* files and shared memory */
  TIDEMARK_GROWTH_RESERVED = 6,     /* PROT_NONE: addresses only */
};
#define TIDEMARK_GROWTH_REGIONS 7

enum tidemark_growth_source {
  TIDEMARK_GROWTH_SPACE = 0, /* the address space grew */
  TIDEMARK_GROWTH_FAULT = 1, /* anonymous pages were touched */
};
#define TIDEMARK_GROWTH_SOURCES 2

struct tidemark_growth_amount {
  __u64 bytes;
  __u64 count; /* calls, or samples */
};

/* A process that is followed, by its number. */
struct tidemark_growth_process {
  __u64 start_ticks; /* of its life: a pid is used again */
  __u64 mm; /* 0: the first event takes the figures below as they are */
  __s64 total_pages;
  __s64 data_pages;
  __s64 anon_pages;      /* at the last sample */
  __u64 brk;             /* 0: not known */
  __s64 new_stack_pages; /* of a thread's stack that is not yet usable */
  struct tidemark_growth_amount grown[TIDEMARK_GROWTH_REGIONS];
  struct tidemark_growth_amount shrunk; /* the address space */
  struct tidemark_growth_amount touched[TIDEMARK_GROWTH_REGIONS];
  /* Of stacks that were not taken: the next one's. */
  struct tidemark_growth_amount waiting[TIDEMARK_GROWTH_SOURCES];
  __u64 no_room; /* times that the ring was full */
};

struct tidemark_growth_record {
  __u64 start_ticks;
  __u32 tgid;
  __u32 cohort;
  __u64 source;
  struct tidemark_growth_amount amount;
  struct tidemark_user_stack stack;
};

#endif
