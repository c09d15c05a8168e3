/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What on_cpu.bpf.c and its reader share. Native byte order. */
#ifndef TIDEMARK_PROBES_ON_CPU_RECORD_H
#define TIDEMARK_PROBES_ON_CPU_RECORD_H

#include "probes/user_stack.h"

/* A process that is followed, by its number. */
struct tidemark_on_cpu_process {
  __u64 start_ticks;
  __u64 samples;
  __u64 waiting; /* samples whose stack was not taken: the next one's */
  __u64 no_room; /* times that the ring was full */
};

struct tidemark_on_cpu_record {
  __u64 start_ticks;
  __u32 tgid;
  __u32 cohort;
  __u64 samples;
  struct tidemark_user_stack stack;
};

#endif
