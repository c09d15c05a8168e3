// When the ticks are due. Deadlines lie on a fixed grid; a late tick is skipped
// and named, never stretched and never made up for by a burst. Pure.
#pragma once

#include <cstdint>

#include "core/base/clock.h"

namespace tidemark {

class TickSchedule {
 public:
  TickSchedule(BootTime first, Nanoseconds interval)
      : next_(first), interval_(interval) {}

  struct Due {
    BootTime deadline;    // the tick to take now
    Nanoseconds late{0};  // how far behind it we are, < interval
    // Deadlines before it that passed unanswered: `missed` of them, the first
    // and the last.
    int64_t missed = 0;
    BootTime missed_from, missed_to;
  };

  // The timer fired. Advances to the deadline after the one returned.
  Due fire(BootTime now);
  BootTime next() const { return next_; }
  Nanoseconds interval() const { return interval_; }
  // A new period, from the deadline last answered on.
  void set_interval(Nanoseconds interval);

 private:
  BootTime next_;
  Nanoseconds interval_;
};

}  // namespace tidemark
