// Waits for one process to be calm: the reading point for retained memory. A
// pure judgement over readings; the engine takes them every kPeriod.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/clock.h"
#include "core/base/units.h"

namespace tidemark {

class QuiesceWatch {
 public:
  explicit QuiesceWatch(BootTime begin) : begin_(begin) {}

  struct Reading {
    int64_t rss_bytes = 0;
    Nanoseconds cpu{0};  // user + system since the process began
  };
  // True when done: calm for kCalm readings in a row, or kLimit has passed.
  // nullopt: the process is gone, which is calm enough.
  bool observe(BootTime now, const std::optional<Reading>& reading);

  static constexpr Nanoseconds kPeriod = std::chrono::milliseconds(20);
  static constexpr Nanoseconds kLimit = std::chrono::seconds(2);
  static constexpr int kCalm = 3;
  // Between two readings a calm process moves less than this.
  static constexpr int64_t kRssSlack = 64 * 1024;
  // CPU is accounted in ticks of 10 ms, so one tick proves nothing.
  static constexpr Nanoseconds kCpuSlack = std::chrono::milliseconds(10);

 private:
  BootTime begin_;
  std::optional<Reading> last_;
  int calm_ = 0;
};

}  // namespace tidemark
