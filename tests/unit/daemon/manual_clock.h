// A clock that stands still until told otherwise.
#pragma once

#include "core/base/clock.h"

namespace tidemark {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(BootTime start = boot_time(1'000'000'000'000))
      : now_(start) {}

  BootTime now() const override { return now_; }
  ClockAnchor anchor() const override {
    return {to_ns(now_), to_ns(now_), to_ns(now_) + 1'000'000'000'000'000};
  }
  void advance(Nanoseconds by) { now_ += by; }

 private:
  BootTime now_;
};

}  // namespace tidemark
