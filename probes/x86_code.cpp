#include "probes/x86_code.h"

namespace tidemark {

bool X86Instruction::has_prefix(uint8_t byte) const {
  for (size_t i = 0; i < head.raw.prefix_count; ++i) {
    if (head.raw.prefixes[i].value == byte) return true;
  }
  return false;
}

std::optional<int64_t> X86Instruction::branch_target() const {
  if (!head.raw.imm[0].is_relative ||
      operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE) {
    return std::nullopt;
  }
  return static_cast<int64_t>(offset + head.length) + operands[0].imm.value.s;
}

std::optional<int64_t> X86Instruction::branch_slot() const {
  if (head.meta.category != ZYDIS_CATEGORY_CALL &&
      head.meta.category != ZYDIS_CATEGORY_UNCOND_BR) {
    return std::nullopt;
  }
  const ZydisDecodedOperand& operand = operands[0];
  if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY ||
      operand.mem.base != ZYDIS_REGISTER_RIP) {
    return std::nullopt;
  }
  return static_cast<int64_t>(offset + head.length) + operand.mem.disp.value;
}

X86Code::X86Code(std::span<const uint8_t> code) : code_(code) {
  ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
}

bool X86Code::decode(size_t offset, X86Instruction& out) const {
  if (offset >= code_.size()) return false;
  out.offset = offset;
  return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder_, code_.data() + offset,
                                             code_.size() - offset, &out.head,
                                             out.operands));
}

}  // namespace tidemark
