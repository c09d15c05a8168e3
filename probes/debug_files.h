// Debug information kept apart from its object: by build-id, or by the name
// and checksum in .gnu_debuglink, as gdb looks for it ("Separate Debug Files").
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "probes/elf_file.h"

namespace tidemark {

struct DebugPaths {
  // Put before every path: "" for ourselves, "/proc/PID/root" for another
  // mount namespace; tried in order.
  std::vector<std::string> roots = {""};
  std::vector<std::string> folders = {"/usr/lib/debug"};
};

struct DebugFile {
  ElfFile file;
  std::string path;
};

// `path`: the object's own name in its namespace, for the folder beside it.
// Error not_found: none there that belongs to this very object.
Result<DebugFile> find_debug_file(const ElfFile& object,
                                  const std::string& path,
                                  const DebugPaths& paths);

// The checksum of .gnu_debuglink: CRC-32 (IEEE 802.3) of the whole file. Error
// io; full: larger than 4 GiB.
Result<uint32_t> debuglink_checksum(const ElfFile& file);

}  // namespace tidemark
