// /proc/PID/statm (proc(5); kernel fs/proc/array.c, proc_pid_statm). Since the
// per-CPU counters of 6.2, this and `status` are the exact resident figures;
// `stat` is not.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace tidemark::procfs {

struct ProcessStatm {
  Pages size;
  Pages resident;
  Pages shared;  // file-backed and shared-memory pages that are resident
  Pages data;    // private writable, and stacks; 0 where it is not told

  Pages anonymous() const { return resident - shared; }
};

// Error malformed.
Result<ProcessStatm> parse_process_statm(std::string_view text);

}  // namespace tidemark::procfs
