// The one clock of Tidemark: CLOCK_BOOTTIME in nanoseconds. Probes
// (bpf_ktime_get_boot_ns), client marks, samples and process start times share
// it, and it counts suspended time. Wall time is kept in anchors, for display.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/base/units.h"

namespace tidemark {

// A clock type for time_point only; it has no now(): time is an argument.
struct BootClock {
  using rep = int64_t;
  using period = std::nano;
  using duration = Nanoseconds;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};

using BootTime = BootClock::time_point;

constexpr BootTime boot_time(int64_t ns) { return BootTime(Nanoseconds(ns)); }
constexpr int64_t to_ns(BootTime time) {
  return time.time_since_epoch().count();
}
constexpr double to_seconds(Nanoseconds d) {
  return static_cast<double>(d.count()) * 1e-9;
}
constexpr double to_minutes(Nanoseconds d) { return to_seconds(d) / 60.0; }

// The same instant on three clocks (clock_gettime(2)), read back to back.
struct ClockAnchor {
  int64_t boot_ns = 0;
  int64_t monotonic_ns = 0;
  int64_t realtime_ns = 0;  // since 1970-01-01 UTC

  int64_t realtime_at(BootTime time) const {
    return realtime_ns + (to_ns(time) - boot_ns);
  }
};

// Where "now" comes from; the daemon passes the system's, tests their own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual BootTime now() const = 0;
  virtual ClockAnchor anchor() const = 0;
};

}  // namespace tidemark
