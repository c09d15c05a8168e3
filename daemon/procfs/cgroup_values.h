// The figures of one cgroup, the same ones from version 1 and version 2
// (kernel Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/result.h"

namespace tidemark::procfs {

enum class CgroupValue : uint8_t {
  memory,  // bytes, from here on
  memory_peak,
  memory_limit,  // absent when unlimited
  memory_anon,
  memory_file,
  memory_shmem,
  memory_slab,
  memory_kernel,
  memory_sock,
  swap,
  faults,  // counts, from here on; minor and major ones
  major_faults,
  memory_high_events,
  memory_max_events,  // v1: failcnt
  oom_kills,
  cpu_usage,  // nanoseconds
  cpu_user,
  cpu_system,
  cpu_throttled,
  cpu_throttles,  // count
  io_read_bytes,
  io_write_bytes,
  io_reads,
  io_writes,
  pids,
  pids_limit,
  pressure_cpu_some,  // nanoseconds
  pressure_cpu_full,
  pressure_memory_some,
  pressure_memory_full,
  pressure_io_some,
  pressure_io_full,
};
inline constexpr size_t kCgroupValues =
    static_cast<size_t>(CgroupValue::pressure_io_full) + 1;

using CgroupValues = std::array<std::optional<int64_t>, kCgroupValues>;

enum class CgroupFormat : uint8_t { single, keyed, io_stat, blkio, pressure };

// One file of a cgroup and what it holds.
struct CgroupFile {
  std::string_view controller;  // v1: its hierarchy; v2: empty
  std::string_view name;
  CgroupFormat format = CgroupFormat::single;
  struct Entry {
    std::string_view key;  // keyed, io_stat, blkio, pressure
    CgroupValue value = CgroupValue::memory;
    int64_t scale = 1;  // to bytes or nanoseconds
  };
  std::span<const Entry> entries;
};
std::span<const CgroupFile> cgroup_files_v1();
std::span<const CgroupFile> cgroup_files_v2();

// Adds what `text` says to `values`. Error malformed: nothing in it is known.
Status parse_cgroup_file(const CgroupFile& file, std::string_view text,
                         CgroupValues& values);

}  // namespace tidemark::procfs
