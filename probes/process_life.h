// Every process life, however short, from the kernel's own events: fork, exec,
// exit, and kills for want of memory (tp_btf sched_process_fork,
// sched_process_exec, sched_process_exit, mark_victim), through a ring buffer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

namespace tidemark {

enum class LifeKind : uint8_t { fork = 1, exec = 2, exit = 3, oom_kill = 4 };

struct LifeEvent {
  LifeKind kind = LifeKind::fork;
  BootTime time;
  ProcessKey key;
  Pid parent;
  std::string_view comm;  // raw bytes, valid during the call
  uint64_t exec_id = 0;   // ProcessSeen::exec_id
  BootTime begin;         // of the fork
  // exit only: final figures, all threads.
  int32_t wait_status = 0;  // as in waitpid(2)
  int64_t cpu_user_ns = 0;
  int64_t cpu_system_ns = 0;
  int64_t rss_peak_bytes = 0;
  int64_t io_read_bytes = 0;
  int64_t io_write_bytes = 0;
};

class LifeProbe {
 public:
  // Loads and attaches the probes. Error: permission or unsupported, with the
  // cause and the remedy; lives between two scans are then unseen.
  static Result<std::unique_ptr<LifeProbe>> open();
  virtual ~LifeProbe() = default;

  // Readable when events wait: for epoll. Drain on every tick too, because
  // wake-ups are batched.
  virtual int fd() const = 0;
  // Calls sink for every waiting event, in the order in which they happened.
  // Malformed records are counted as lost.
  virtual Status drain(const std::function<void(const LifeEvent&)>& sink) = 0;
  // Events that found the buffer full, since open().
  virtual uint64_t lost() const = 0;
};

}  // namespace tidemark
