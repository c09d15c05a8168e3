// How to step from a function to its caller: the call frame information that
// compilers leave in .eh_frame for exceptions, whether or not a program keeps
// frame pointers or symbols. Source: System V x86-64 psABI 4.2.4, DWARF 5
// section 6.4, LSB "Exception Frames". The bytes are foreign: any are safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "probes/elf_file.h"

namespace tidemark {

// DWARF's numbers: 0 rax, 1 rdx, 2 rcx, 3 rbx, 4 rsi, 5 rdi, 6 rbp, 7 rsp,
// 8-15 r8-r15, 16 the return address.
inline constexpr size_t kUnwindRegisters = 17;
inline constexpr uint8_t kFramePointer = 6;
inline constexpr uint8_t kStackPointer = 7;
inline constexpr uint8_t kReturnAddress = 16;

struct RegisterRule {
  enum class Kind : uint8_t {
    same,         // not touched, or not told
    undefined,    // lost; of the return address: there is no caller
    stored,       // in memory at CFA + offset
    computed,     // CFA + offset itself
    moved,        // in the register `offset`
    stored_by,    // in memory where the expression says
    computed_by,  // what the expression says
  };
  Kind kind = Kind::same;
  int64_t offset = 0;
  std::string_view expression;  // of DWARF; the CFA is on its stack
};

// What holds between two addresses of a function.
struct UnwindRow {
  // The canonical frame address: the stack pointer before the call.
  uint8_t cfa_register = kStackPointer;
  int64_t cfa_offset = 0;
  std::string_view cfa_expression;  // instead, when not empty
  bool signal_frame = false;  // the caller was interrupted, it did not call
  std::array<RegisterRule, kUnwindRegisters> registers;
};

class EhFrame {
 public:
  // Of the object's .eh_frame. Error not_found: none; malformed, full.
  static Result<EhFrame> load(const ElfFile& file);
  // Of the section's bytes, at the address where the linker put them.
  static EhFrame parse(std::string bytes, uint64_t address);

  // The rules at an address of the object; nullopt: no function is told there,
  // or its rules cannot be read. Views live as long as this object.
  std::optional<UnwindRow> row(uint64_t address) const;

  size_t functions() const { return entries_.size(); }
  // Entries that could not be read.
  size_t broken() const { return broken_; }

 private:
  struct Entry {
    uint64_t begin = 0;
    uint32_t size = 0;
    uint32_t offset = 0;  // of the entry's body in the section
  };
  struct Common;  // CIE
  struct LastCommon {
    size_t body = 0;
    uint8_t encoding = 0;
  };
  class Program;

  std::optional<Common> common_at(uint64_t offset) const;
  std::optional<uint64_t> pointer(class DwarfReader& reader,
                                  uint8_t encoding) const;
  bool add_entry(size_t body, size_t end, LastCommon& last);

  std::string bytes_;
  uint64_t address_ = 0;
  std::vector<Entry> entries_;  // by begin
  size_t broken_ = 0;
};

}  // namespace tidemark
