// Source lines and inlined functions of an address, by elfutils' libdw.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "core/model/site.h"
#include "probes/elf_file.h"

namespace tidemark {

class DebugInfo {
 public:
  // Of the file that holds the .debug_* sections. Error not_found: none; full:
  // larger than we read; malformed.
  static Result<std::unique_ptr<DebugInfo>> open(const ElfFile& file);
  virtual ~DebugInfo() = default;
  // Innermost first, names mangled where the compiler mangled them. Empty:
  // not told there.
  virtual std::vector<SymbolFrame> frames_at(uint64_t address) = 0;
};

}  // namespace tidemark
