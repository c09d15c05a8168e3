// /proc/PID/stat (proc(5); kernel fs/proc/array.c, do_task_stat).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace tidemark::procfs {

struct ProcessStat {
  Pid pid;
  std::string_view comm;  // raw bytes inside the text; may hold ')' or newline
  char state = '?';
  Pid parent;
  int64_t flags = 0;  // PF_* of include/linux/sched.h
  int64_t minor_faults = 0;
  int64_t major_faults = 0;
  Ticks user;    // all threads, ended ones too
  Ticks system;  // all threads, ended ones too
  int64_t threads = 0;
  uint64_t start_ticks = 0;  // since boot
  Bytes vm_size;
  Pages rss;  // an estimate since 6.2: per-CPU counters are not summed

  ProcessKey key() const { return {pid, start_ticks}; }
  bool kernel_thread() const { return (flags & 0x00200000) != 0; }
};

// Error malformed: which part is missing or no number.
Result<ProcessStat> parse_process_stat(std::string_view text);

}  // namespace tidemark::procfs
