// Functions by name in an ELF object, with all their aliases.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "probes/debug_files.h"
#include "probes/elf_file.h"

namespace tidemark {

struct ElfFunction {
  std::string name;          // without its version (malloc@@GLIBC_2.2.5)
  uint64_t address = 0;      // as the linker gave it
  uint64_t size = 0;         // bytes; 0: the table does not tell
  uint64_t file_offset = 0;  // in the object itself, for uprobes
};

struct ElfSymbol {
  std::string_view name;  // without version, valid during the call
  uint64_t address = 0;
  uint64_t size = 0;
};

// Calls `visit` for each function that `file` defines in a symbol table
// (.dynsym, .symtab); indirect ones (IFUNC) are left out, their address is a
// resolver's. Error malformed, full: the table breaks the format or our limits.
Status visit_functions(const ElfFile& file, const ElfSection& table,
                       const std::function<void(const ElfSymbol&)>& visit);

// The symbol table that a stripped object carries along, compressed
// (.gnu_debugdata, "MiniDebugInfo"). Error not_found: none; malformed, full.
Result<ElfFile> open_gnu_debugdata(const ElfFile& file);

// The functions that `wanted` accepts by name, each alias by itself, in the
// order of addresses. From .dynsym and .symtab; when the object has no .symtab,
// from .gnu_debugdata or its debug file. A part that cannot be read is left
// out, its reason appended to `problems`.
std::vector<ElfFunction> find_functions(
    const ElfFile& file, const std::string& path,
    const std::function<bool(std::string_view)>& wanted,
    const DebugPaths& debug, std::vector<std::string>& problems);

}  // namespace tidemark
