#include "core/analysis/rate.h"

namespace tidemark {

std::optional<Delta> CounterRate::next(BootTime time, int64_t value) {
  if (!known_) {
    known_ = true;
    time_ = time;
    value_ = value;
    return std::nullopt;
  }
  if (time <= time_) return std::nullopt;
  Delta delta{time_, time};
  delta.reset = value < value_;
  // Foreign bytes may hold extremes: the difference is taken unsigned, which
  // is exact whenever value >= value_.
  const auto grown =
      static_cast<uint64_t>(value) - static_cast<uint64_t>(value_);
  const int64_t anew = value > 0 ? value : 0;
  delta.amount = delta.reset ? anew : static_cast<int64_t>(grown);
  if (delta.amount < 0) delta.amount = INT64_MAX;
  const auto apart = (time - time_).count();
  delta.gap = expected_.count() > 0 && apart / 5 > expected_.count() / 2;
  time_ = time;
  value_ = value;
  return delta;
}

}  // namespace tidemark
