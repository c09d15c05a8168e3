// Where in a function a uprobe is cheapest.
//
// The kernel emulates push, nop, jmp, jcc and call in place; any other probed
// instruction is single-stepped out of line, 10 to 20 times dearer in a
// virtual machine (arch/x86/kernel/uprobes.c, branch_setup_xol_ops and
// push_setup_xol_ops). Many functions begin with another one: each of a CET
// build with endbr64, glibc's free with test. So the probe moves to the first
// emulated instruction of the straight line from the entry, which every call
// passes exactly once, and where arguments and the stack pointer are still as
// the caller left them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tidemark {

enum class ProbeClass : uint8_t {
  emulated,  // about 0.5 us a hit
  slow,      // single-stepped, about 10 us a hit in a virtual machine
};

// Integer arguments of the System V ABI by position, as general registers in
// DWARF's order: rdi, rsi, rdx, rcx, r8, r9.
inline constexpr std::array<uint8_t, 6> kArgumentRegisters = {5, 4, 1, 2, 8, 9};

struct ProbeFunction {
  // From the entry to the function's end, or as much as is there.
  std::span<const uint8_t> code;
  // How many integer arguments the probe reads.
  unsigned arguments = 1;
  // Targets in this function of jumps from elsewhere, as offsets from the
  // entry; those inside `code` are found by decoding it.
  std::span<const uint64_t> jumps_from_elsewhere;
  // Whether an argument may have moved to another register by then: the probe
  // reads it where ProbeSite::argument_registers says.
  bool allow_moved_arguments = false;
};

struct ProbeSite {
  uint64_t offset = 0;  // of the instruction, from the entry
  ProbeClass probe_class = ProbeClass::slow;
  // Where the arguments are at the site.
  std::array<uint8_t, 6> argument_registers = kArgumentRegisters;
  // Why it is slow; empty when it is not.
  std::string_view reason;
};

// x86-64 code. Any bytes are safe: what cannot be decoded gives the entry and
// the class slow.
ProbeSite choose_probe_site(const ProbeFunction& function);

}  // namespace tidemark
