// An ELF file of a target, any bytes: looked into for allocators, unwound by,
// and asked for names.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/os/unique_fd.h"
#include "probes/call_targets.h"
#include "probes/debug_files.h"
#include "probes/eh_frame.h"
#include "probes/elf_file.h"
#include "probes/elf_functions.h"
#include "probes/symbol_table.h"

using namespace tidemark;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

void look_into(const ElfFile& file) {
  std::vector<std::string> problems;
  const DebugPaths nowhere = {.roots = {}, .folders = {}};
  const auto all = [](std::string_view) { return true; };
  const auto functions = find_functions(file, "/x", all, nowhere, problems);
  const CallTargets calls(file);
  size_t count = 0;
  for (const ElfFunction& each : functions) {
    require(file.address_of(each.file_offset).has_value());
    if (++count > 16) break;
    static_cast<void>(calls.calls_of(each.address, each.size));
  }
  SymbolTable table;
  for (const char* name : {".symtab", ".dynsym"}) {
    static_cast<void>(table.add(file, name));
  }
  table.sort();
  if (const auto frames = EhFrame::load(file)) {
    for (const ElfFunction& each : functions) {
      if (++count > 64) break;
      static_cast<void>(frames->row(each.address));
      static_cast<void>(table.name_at(each.address + 1));
    }
  }
  static_cast<void>(open_gnu_debugdata(file));
  static_cast<void>(find_debug_file(file, "/x/y", nowhere));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  UniqueFd fd(::memfd_create("fuzz", MFD_CLOEXEC));
  if (::write(fd.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  if (const auto file = ElfFile::open(std::move(fd))) look_into(*file);
  return 0;
}
