#include "core/os/system_clock.h"

#include <ctime>

namespace tidemark {
namespace {

int64_t read_clock(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

}  // namespace

BootTime SystemClock::now() const {
  return boot_time(read_clock(CLOCK_BOOTTIME));
}

ClockAnchor SystemClock::anchor() const {
  return {read_clock(CLOCK_BOOTTIME), read_clock(CLOCK_MONOTONIC),
          read_clock(CLOCK_REALTIME)};
}

}  // namespace tidemark
