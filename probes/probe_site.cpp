#include "probes/probe_site.h"

#include <algorithm>
#include <optional>

#include "probes/x86_code.h"

namespace tidemark {
namespace {

// A straight line longer than this before the first branch is no prologue.
constexpr size_t kLongestPrologue = 256;
// A body is scanned for jumps back into its prologue up to here; longer ones
// are believed to hold none further on that the linker could not see either.
constexpr size_t kLongestBody = 1u << 20;

constexpr uint8_t kRsp = 7;  // DWARF

// A general register in DWARF's order; nullopt for the others.
std::optional<uint8_t> general_register(ZydisRegister reg) {
  // By hardware number: rax rcx rdx rbx rsp rbp rsi rdi.
  constexpr std::array<uint8_t, 8> kByNumber = {0, 2, 1, 3, 7, 6, 4, 5};
  const ZydisRegister whole =
      ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
  if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15) {
    return std::nullopt;
  }
  const auto number = static_cast<size_t>(whole - ZYDIS_REGISTER_RAX);
  return number < 8 ? kByNumber[number] : static_cast<uint8_t>(number);
}

bool writes(const ZydisDecodedOperand& operand) {
  return (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
}

// Prefixes that assemblers put before branches: bnd, and the two hints.
// Others the kernel refuses (16-bit branches), or it decodes them differently.
bool has_usual_prefix(const X86Instruction& each) {
  const size_t count = each.head.raw.prefix_count;
  return count == 0 ||
         (count == 1 && (each.has_prefix(0xf2) || each.has_prefix(0x2e) ||
                         each.has_prefix(0x3e)));
}

// As the kernel decides it.
bool is_emulated(const X86Instruction& each) {
  // AVX has other instructions at the same numbers.
  if (each.head.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY) return false;
  const uint8_t opcode = each.head.opcode;
  switch (each.head.opcode_map) {
    case ZYDIS_OPCODE_MAP_DEFAULT:
      if (opcode >= 0x50 && opcode <= 0x57) {  // push: bare, or with REX.B
        return each.head.length == 1 ||
               (each.head.length == 2 && each.has_prefix(0x41));
      }
      if (opcode == 0x90) return each.head.length == 1;
      return has_usual_prefix(each) &&
             (opcode == 0xe8 || opcode == 0xe9 || opcode == 0xeb ||
              (opcode >= 0x70 && opcode <= 0x7f));
    case ZYDIS_OPCODE_MAP_0F:
      return has_usual_prefix(each) && opcode >= 0x80 && opcode <= 0x8f;
    default: return false;
  }
}

// Whether control goes on to the next instruction and nowhere else.
bool falls_through(const X86Instruction& each) {
  switch (each.head.meta.category) {
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_COND_BR:
    case ZYDIS_CATEGORY_UNCOND_BR:
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_SYSCALL:
    case ZYDIS_CATEGORY_SYSRET:
    case ZYDIS_CATEGORY_SYSTEM:
    case ZYDIS_CATEGORY_INTERRUPT: return false;
    default: return each.head.mnemonic != ZYDIS_MNEMONIC_UD2;
  }
}

// Where each argument is while the prologue goes on.
class ArgumentTracker {
 public:
  explicit ArgumentTracker(const ProbeFunction& function)
      : count_(std::min<size_t>(function.arguments, kArgumentRegisters.size())),
        movable_(function.allow_moved_arguments) {
    for (size_t i = 0; i < count_; ++i) holders_[i] = 1u << registers_[i];
  }

  // Takes an instruction into account; false: an argument or the stack pointer
  // is lost by it.
  bool pass(const X86Instruction& each) {
    const uint32_t copied = copy_of(each);
    for (const ZydisDecodedOperand& operand : each.all_operands()) {
      if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER || !writes(operand)) {
        continue;
      }
      const auto written = general_register(operand.reg.value);
      if (!written) continue;
      if (*written == kRsp) return false;
      for (size_t i = 0; i < count_; ++i) holders_[i] &= ~(1u << *written);
      if (copied < count_) holders_[copied] |= 1u << *written;
    }
    return settle();
  }
  const std::array<uint8_t, 6>& registers() const { return registers_; }

 private:
  // The argument that `mov reg, reg` copies whole; count_ = none.
  uint32_t copy_of(const X86Instruction& each) const {
    const auto none = static_cast<uint32_t>(count_);
    if (each.head.mnemonic != ZYDIS_MNEMONIC_MOV ||
        each.head.operand_width != 64 ||
        each.operands[1].type != ZYDIS_OPERAND_TYPE_REGISTER ||
        each.operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER) {
      return none;
    }
    const auto source = general_register(each.operands[1].reg.value);
    if (!source) return none;
    for (uint32_t i = 0; i < count_; ++i) {
      if ((holders_[i] >> *source & 1) != 0) return i;
    }
    return none;
  }
  bool settle() {
    for (size_t i = 0; i < count_; ++i) {
      if ((holders_[i] >> registers_[i] & 1) != 0) continue;
      if (!movable_ || holders_[i] == 0) return false;
      registers_[i] = static_cast<uint8_t>(__builtin_ctz(holders_[i]));
    }
    return true;
  }

  size_t count_;
  bool movable_;
  std::array<uint8_t, 6> registers_ = kArgumentRegisters;
  std::array<uint32_t, 6> holders_ = {};  // bit = DWARF register
};

// Whether a direct branch of the body leads behind the entry, up to `last`.
bool body_jumps_into(const X86Code& code, size_t last) {
  bool found = false;
  code.each([&](const X86Instruction& each) {
    const auto target = each.branch_target();
    found = target && *target > 0 && *target <= static_cast<int64_t>(last);
    return !found && each.offset < kLongestBody;
  });
  return found;
}

ProbeSite slow(std::string_view reason) {
  ProbeSite site;
  site.reason = reason;
  return site;
}

}  // namespace

ProbeSite choose_probe_site(const ProbeFunction& function) {
  const X86Code code(function.code);
  ArgumentTracker arguments(function);
  X86Instruction each;
  size_t offset = 0;
  while (true) {
    if (offset > kLongestPrologue) return slow("no branch near the entry");
    if (!code.decode(offset, each)) return slow("no code that we know");
    if (is_emulated(each)) break;
    if (!falls_through(each)) return slow("leaves before a cheap instruction");
    if (!arguments.pass(each)) {
      return slow("arguments or stack pointer change before a cheap one");
    }
    offset += each.head.length;
  }
  for (const uint64_t target : function.jumps_from_elsewhere) {
    if (target > 0 && target <= offset) return slow("code jumps behind it");
  }
  if (offset > 0 && body_jumps_into(code, offset)) {
    return slow("the body jumps back before it");
  }
  ProbeSite site;
  site.offset = offset;
  site.probe_class = ProbeClass::emulated;
  site.argument_registers = arguments.registers();
  return site;
}

}  // namespace tidemark
