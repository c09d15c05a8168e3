// Whom a function of an object calls: other functions of the object, and those
// it imports, through the PLT or the GOT.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "probes/elf_file.h"

namespace tidemark {

struct CallTarget {
  uint64_t address = 0;     // in the object; of the PLT's stub for an import
  std::string_view import;  // name; empty for a function of the object
  bool first = false;       // the function does nothing but jump there
};

struct FunctionCalls {
  std::vector<CallTarget> targets;
  // Reads its thread's memory: where allocators keep their fast path. The
  // stack protector's word does not count.
  bool uses_thread_memory = false;
};

class CallTargets {
 public:
  // Reads the relocations of the imports; what cannot be read is left out.
  explicit CallTargets(const ElfFile& file);

  // Of the function at `address`, `size` bytes long.
  FunctionCalls calls_of(uint64_t address, uint64_t size) const;
  // What stands at this address of the GOT, or behind this stub of the PLT;
  // empty: no import.
  std::string_view import_at_slot(uint64_t slot) const;
  std::string_view import_at_stub(uint64_t address) const;

 private:
  void read_relocations(const ElfSection& section);

  const ElfFile& file_;
  std::unordered_map<uint64_t, std::string> imports_;  // by GOT slot
};

}  // namespace tidemark
