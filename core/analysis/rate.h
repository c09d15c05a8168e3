// Counters to deltas and rates: what every reader of raw counters needs, once.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/clock.h"

namespace tidemark {

// The growth of one counter between two readings.
struct Delta {
  BootTime from;
  BootTime to;
  int64_t amount = 0;  // never negative
  bool reset = false;  // the counter fell: it began anew, amount is its value
  bool gap = false;    // readings between the two are missing
  double per_second() const {
    const double seconds = to_seconds(to - from);
    return seconds > 0 ? static_cast<double>(amount) / seconds : 0.0;
  }
};

// Follows one counter of one life of a subject.
class CounterRate {
 public:
  // `expected`: the time between two readings; more than 2.5 times that is a
  // gap. 0: gaps are not looked for.
  explicit CounterRate(Nanoseconds expected = Nanoseconds(0))
      : expected_(expected) {}

  // The growth since the reading before; nullopt for the first reading and
  // for one that is not later than the one before (it is ignored).
  std::optional<Delta> next(BootTime time, int64_t value);
  void expect(Nanoseconds expected) { expected_ = expected; }
  // Forgets the last reading: the next one is the first again.
  void restart() { known_ = false; }

 private:
  Nanoseconds expected_;
  BootTime time_;
  int64_t value_ = 0;
  bool known_ = false;
};

}  // namespace tidemark
