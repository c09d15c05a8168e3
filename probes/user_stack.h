/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A user program's registers and the top of its stack, as probes copy them.
 * x86-64. */
#ifndef TIDEMARK_PROBES_USER_STACK_H
#define TIDEMARK_PROBES_USER_STACK_H

#include <linux/types.h>

/* As struct pt_regs of asm/ptrace.h. */
struct tidemark_user_registers {
  __u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
  __u64 orig_ax, ip, cs, flags, sp, ss;
};

#define TIDEMARK_USER_STACK_BYTES 4096

struct tidemark_user_stack {
  struct tidemark_user_registers registers;
  __u64 size;
  __u8 bytes[TIDEMARK_USER_STACK_BYTES]; /* from sp upwards */
};

#endif
