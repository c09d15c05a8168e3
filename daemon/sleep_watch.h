// How long the host was suspended: CLOCK_BOOTTIME went on and CLOCK_MONOTONIC
// did not (clock_gettime(2)). Pure.
#pragma once

#include <optional>

#include "core/base/clock.h"

namespace tidemark {

class SleepWatch {
 public:
  // The two clocks are not read at one instant.
  static constexpr Nanoseconds kSlack = std::chrono::milliseconds(20);

  // Since the last call; 0 when it was awake, or at the first.
  Nanoseconds slept(const ClockAnchor& now) {
    const Nanoseconds asleep(now.boot_ns - now.monotonic_ns);
    const Nanoseconds since = asleep - asleep_.value_or(asleep);
    asleep_ = asleep;
    return since > kSlack ? since : Nanoseconds(0);
  }

 private:
  std::optional<Nanoseconds> asleep_;  // since boot
};

}  // namespace tidemark
