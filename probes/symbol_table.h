// Functions of an object by address, from its symbol tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "probes/elf_file.h"

namespace tidemark {

class SymbolTable {
 public:
  // Adds the functions of a table; later ones do not replace earlier ones of
  // the same address. Error: as visit_functions.
  Status add(const ElfFile& file, std::string_view table);
  // Call once all are added.
  void sort();
  // Mangled; empty: no function there. One without a size ends at the next.
  std::string_view name_at(uint64_t address) const;
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    uint64_t address = 0;
    uint32_t size = 0;
    uint32_t name = 0;  // offset in names_
  };
  std::vector<Entry> entries_;
  std::string names_;  // each ends with NUL
};

}  // namespace tidemark
