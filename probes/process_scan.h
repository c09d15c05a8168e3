// All processes in one pass of the kernel's task iterator: two orders of
// magnitude cheaper than /proc text, and with I/O, switches and run delay.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/result.h"

namespace tidemark {

// A process, all its threads together, ended ones too. Counters never fall
// within one life, although threads end while the pass goes on.
struct ScannedProcess {
  ProcessKey key;
  Pid parent;
  std::string_view comm;  // raw bytes, valid during the call
  uint64_t exec_id = 0;
  bool kernel_thread = false;
  bool zombie = false;
  bool has_memory = false;  // the four below are known
  int64_t rss_file_pages = 0;
  int64_t rss_anon_pages = 0;
  int64_t rss_shmem_pages = 0;
  int64_t swap_pages = 0;
  int64_t threads = 0;
  int64_t cpu_user_ns = 0;
  int64_t cpu_system_ns = 0;
  int64_t minor_faults = 0;
  int64_t major_faults = 0;
  int64_t voluntary_switches = 0;
  int64_t involuntary_switches = 0;
  int64_t run_delay_ns = 0;
  int64_t io_rchar = 0;
  int64_t io_wchar = 0;
  int64_t io_read_bytes = 0;
  int64_t io_write_bytes = 0;
  int64_t io_cancelled_write_bytes = 0;
};

class ProcessScan {
 public:
  struct Visitor {
    virtual ~Visitor() = default;
    virtual void visit(const ScannedProcess& process) = 0;
  };

  // Loads the better of two programs: one walk through all tasks in one call
  // (since 6.7), else the iterator below. Error: permission or unsupported,
  // with the remedy.
  static Result<std::unique_ptr<ProcessScan>> open();
  // The iterator alone, which also takes over where there are more threads
  // than one call should walk through.
  static Result<std::unique_ptr<ProcessScan>> open_iterator();
  virtual ~ProcessScan() = default;
  // One pass, in the order of pids. Error: the pass was cut short, nobody was
  // visited.
  virtual Status scan(Visitor& visitor) = 0;
};

}  // namespace tidemark
