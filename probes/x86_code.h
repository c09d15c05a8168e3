// Decoding x86-64 code of others, by Zydis. Any bytes are safe.
#pragma once

#include <Zydis/Zydis.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tidemark {

struct X86Instruction {
  ZydisDecodedInstruction head;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  size_t offset = 0;  // in the code

  std::span<const ZydisDecodedOperand> all_operands() const {
    return {operands, head.operand_count};
  }
  bool has_prefix(uint8_t byte) const;
  // Where a direct jump or call leads, as an offset in the code (it may lie
  // outside); nullopt for everything else.
  std::optional<int64_t> branch_target() const;
  // Where the address of an indirect jump or call stands, when it is given
  // relative to the instruction pointer: an entry of the GOT.
  std::optional<int64_t> branch_slot() const;
};

class X86Code {
 public:
  explicit X86Code(std::span<const uint8_t> code);
  size_t size() const { return code_.size(); }
  // False: no instruction there, or it is cut off.
  bool decode(size_t offset, X86Instruction& out) const;
  // Goes over all instructions from the first on, byte by byte where there is
  // none, until `visit` returns false.
  template <typename Visit>
  void each(Visit visit) const {
    X86Instruction instruction;
    for (size_t offset = 0; offset < code_.size();) {
      if (!decode(offset, instruction)) {
        ++offset;
        continue;
      }
      if (!visit(instruction)) return;
      offset += instruction.head.length;
    }
  }

 private:
  std::span<const uint8_t> code_;
  ZydisDecoder decoder_;
};

}  // namespace tidemark
