// The site of a probe in any code: the choice is an instruction's begin that
// the kernel emulates, reached from the entry in a straight line.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "probes/probe_site.h"

using namespace tidemark;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

// By the bytes alone, as arch/x86/kernel/uprobes.c looks at them.
bool kernel_emulates(std::span<const uint8_t> code) {
  size_t at = 0;
  while (at < code.size() &&
         (code[at] == 0x2e || code[at] == 0x36 || code[at] == 0x3e ||
          code[at] == 0x26 || code[at] == 0x64 || code[at] == 0x65 ||
          code[at] == 0xf2 || code[at] == 0xf3 || code[at] == 0x67)) {
    ++at;
  }
  if (at < code.size() && (code[at] & 0xf0) == 0x40) ++at;  // REX
  if (at >= code.size()) return false;
  const uint8_t opcode = code[at];
  if (opcode == 0x0f) {
    return at + 1 < code.size() && (code[at + 1] & 0xf0) == 0x80;
  }
  return (opcode >= 0x50 && opcode <= 0x57) || opcode == 0x90 ||
         opcode == 0xe8 || opcode == 0xe9 || opcode == 0xeb ||
         (opcode & 0xf0) == 0x70;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  ProbeFunction function;
  function.arguments = data[0] & 7;
  function.allow_moved_arguments = (data[0] & 8) != 0;
  function.code = {data + 1, size - 1};
  const ProbeSite site = choose_probe_site(function);
  if (site.probe_class == ProbeClass::slow) {
    require(site.offset == 0 && !site.reason.empty());
    return 0;
  }
  require(site.offset < function.code.size());
  require(kernel_emulates(function.code.subspan(site.offset)));
  if (!function.allow_moved_arguments) {
    require(site.argument_registers == kArgumentRegisters);
  }
  for (const uint8_t number : site.argument_registers) {
    require(number < 16 && number != 7);
  }
  return 0;
}
