// What a process has mapped, from /proc/PID/maps (proc_pid_maps(5)), and the
// way to the very files behind it, whatever their names lead to by now.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

// A file as the kernel tells files apart: one object, however many names.
struct FileIdentity {
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  uint64_t inode = 0;  // 0: no file
  constexpr auto operator<=>(const FileIdentity&) const = default;
};

struct Mapping {
  uint64_t begin = 0;
  uint64_t end = 0;          // exclusive
  uint64_t file_offset = 0;  // bytes, of `begin`
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool shared = false;
  bool deleted = false;  // its name is gone: removed, or upgraded on disk
  FileIdentity file;
  // In the mount namespace of the process, raw bytes; "[heap]" and the like
  // for memory without a file, empty for anonymous memory.
  std::string path;

  bool backed() const { return file.inode != 0; }
};

// One reading of a process's maps; never changes.
struct ProcessMaps {
  Pid pid;
  uint64_t epoch = 0;             // which reading: the caller counts them
  std::vector<Mapping> mappings;  // by address, disjoint

  // The mapping that holds `address`, or null.
  const Mapping* find(uint64_t address) const;
};

// Error malformed: a line that breaks the format, or addresses that do not
// rise; full: more than kMostMappings.
inline constexpr size_t kMostMappings = 1u << 17;
Result<std::vector<Mapping>> parse_process_maps(std::string_view text);

// Reads PROC/PID/maps. Error: permission, gone, or as above.
Result<ProcessMaps> read_process_maps(const std::string& proc, Pid pid,
                                      uint64_t epoch = 0);

// A file behind a mapping, opened for reading.
struct MappedFile {
  UniqueFd fd;
  // Opens the same object while the process lives, also in another mount
  // namespace and after its removal: PROC/PID/map_files/..., or
  // PROC/PID/root/PATH where the former is not allowed; of a process that
  // ended its own name, if that still leads to the very file.
  std::string path;
};

// Error not_found: deleted or replaced on disk, and map_files is not allowed;
// permission; gone: the process ended. Never another file than the mapped one.
Result<MappedFile> open_mapped_file(const std::string& proc, Pid pid,
                                    const Mapping& mapping);

}  // namespace tidemark
