// Registers as probes copy them, in the order that unwinding counts them.
#pragma once

#include <array>
#include <cstdint>

#include "probes/user_stack.h"

namespace tidemark {

// DWARF's order (System V ABI, AMD64 supplement, figure 3.36).
inline std::array<uint64_t, 16> dwarf_registers(
    const tidemark_user_registers& at) {
  return {at.ax, at.dx, at.cx,  at.bx,  at.si,  at.di,  at.bp,  at.sp,
          at.r8, at.r9, at.r10, at.r11, at.r12, at.r13, at.r14, at.r15};
}

}  // namespace tidemark
