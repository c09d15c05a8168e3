// /proc/PID/io and limits (proc(5); kernel fs/proc/base.c).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace tidemark::procfs {

// All threads, ended ones too. rchar and wchar are what read(2) and write(2)
// moved, caches included; the others are what reached a block device.
struct ProcessIo {
  Bytes rchar;
  Bytes wchar;
  Bytes read;
  Bytes write;
  Bytes cancelled_write;
};
// Error malformed.
Result<ProcessIo> parse_process_io(std::string_view text);

struct ProcessLimits {
  int64_t open_files_soft = 0;  // INT64_MAX: unlimited
  int64_t open_files_hard = 0;
};
// Error malformed: no "Max open files" line.
Result<ProcessLimits> parse_process_limits(std::string_view text);

}  // namespace tidemark::procfs
