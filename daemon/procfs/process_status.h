// /proc/PID/status (proc(5); kernel fs/proc/array.c, fs/proc/task_mmu.c).
// Kernel threads and zombies have no memory lines: absent, not zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace tidemark::procfs {

struct ProcessStatus {
  std::optional<Bytes> vm_size;
  std::optional<Bytes> rss_peak;  // VmHWM
  std::optional<Bytes> rss;
  std::optional<Bytes> rss_anon;
  std::optional<Bytes> rss_file;
  std::optional<Bytes> rss_shmem;
  std::optional<Bytes> page_tables;  // VmPTE
  std::optional<Bytes> swap;
  std::optional<int64_t> threads;
  // Of the thread that leads the group only.
  std::optional<int64_t> voluntary_switches;
  std::optional<int64_t> involuntary_switches;
  // NSpid: how many pid namespaces deep, and the pid in the innermost.
  int namespace_depth = 0;
  std::optional<int64_t> innermost_pid;
};

// Error malformed: no line of the file is known.
Result<ProcessStatus> parse_process_status(std::string_view text);

}  // namespace tidemark::procfs
