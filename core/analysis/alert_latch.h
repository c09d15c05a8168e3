// When a state that flickers becomes an alert, and when it is over: worse must
// hold a while, and better must hold longer, by a margin (hysteresis). Pure.
#pragma once

#include <optional>

#include "core/base/clock.h"
#include "core/model/gate.h"

namespace tidemark {

struct LatchOptions {
  Nanoseconds hold{0};                           // worse for so long
  Nanoseconds clear = std::chrono::seconds(10);  // better for so long
};

class AlertLatch {
 public:
  explicit AlertLatch(LatchOptions options) : options_(options) {}

  // `raw`: where the value is against its limits; `tight`: where it would be
  // if the limits were tighter by the margin, so that a value right at a limit
  // does not clear. Times ascend. True: the state changed.
  bool update(GateStatus raw, GateStatus tight, BootTime now);
  // pass, warn or fail; what is inconclusive passes.
  GateStatus state() const { return state_; }

 private:
  bool lasts(std::optional<BootTime>& since, BootTime now, Nanoseconds wanted);

  LatchOptions options_;
  GateStatus state_ = GateStatus::pass;
  std::optional<BootTime> worse_since_, better_since_;
};

}  // namespace tidemark
