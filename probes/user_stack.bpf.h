/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Copies user stacks, not more often than a budget allows. */
#ifndef TIDEMARK_PROBES_USER_STACK_BPF_H
#define TIDEMARK_PROBES_USER_STACK_BPF_H

#include <stdbool.h>

#include "probes/user_memory.bpf.h"
#include "probes/user_stack.h"

const volatile __u64 ns_per_tick = 10000000;
const volatile __u64 ns_per_stack = 1;
const volatile __u64 stack_burst_ns = 1;
/* Ordinal of the phase that is on; 0: none. */
volatile __u32 cohort = 0;
__u64 next_stack_ns = 0;

static __always_inline bool stack_allowed(void) {
  const __u64 now = bpf_ktime_get_ns();
  __u64 next = next_stack_ns;

  if (next + stack_burst_ns < now) next = now - stack_burst_ns;
  if (next > now) return false;
  next_stack_ns = next + ns_per_stack;
  return true;
}

/* A pid is used again: which of its lives this is. */
static __always_inline bool is_life(struct task_struct* task,
                                    __u64 start_ticks) {
  return task->group_leader->start_boottime / ns_per_tick == start_ticks;
}

static __always_inline void read_registers(struct tidemark_user_registers* to,
                                           struct task_struct* task) {
  bpf_probe_read_kernel(to, sizeof(*to), (void*)bpf_task_pt_regs(task));
}

static __always_inline void copy_stack(
    struct tidemark_user_stack* to, const struct tidemark_user_registers* at) {
  to->registers = *at;
  to->size = copy_bytes(to->bytes, at->sp, TIDEMARK_USER_STACK_BYTES);
}

#endif
