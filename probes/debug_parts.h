// The parts of a file's debug information that libdw may look at: whatever it
// is asked for has to be read first, or it sees zeros, which tell it nothing.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "probes/debug_image.h"
#include "probes/elf_file.h"

namespace tidemark {

class DebugParts {
 public:
  static constexpr size_t kMostUnits = 1u << 20;

  // Reads what is small, and the head of each unit. Error: as
  // DebugImage::make().
  static Result<DebugParts> open(const ElfFile& file);

  // For elf_memory(3); valid as long as this object, moved or not.
  std::span<char> bytes() const { return image_.bytes(); }
  // The unit around a DIE, with its lines.
  void need_unit(Dwarf_Die& die);
  // A text that libdw points to, cut at DebugImage::kLongestText.
  std::string text(const char* raw);

  const DebugImage& image() const { return image_; }

 private:
  struct Unit {
    uint64_t begin = 0;  // in .debug_info
    uint64_t size = 0;
    bool read = false;
  };

  DebugParts(const ElfFile& file, DebugImage image);
  uint64_t length_at(uint64_t offset);
  void find_units();

  DebugImage image_;
  ElfSection info_, line_;  // empty when they are packed
  std::vector<Unit> units_;
};

}  // namespace tidemark
