// Verdicts counted, and what they are worth.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "core/model/finding.h"

namespace tidemark::accuracy {

// A share of runs with its interval: Wilson 1927, 95 %.
struct Share {
  double hits = 0, runs = 0;

  double value() const { return runs > 0 ? hits / runs : 0; }
  double lo() const { return bound(-1); }
  double hi() const { return bound(1); }
  void add(bool hit) {
    hits += hit;
    ++runs;
  }

 private:
  double bound(int side) const {
    constexpr double kZ = 1.959964;
    if (runs <= 0) return side < 0 ? 0 : 1;
    const double p = value();
    const double middle = p + kZ * kZ / (2 * runs);
    const double reach =
        kZ * std::sqrt(p * (1 - p) / runs + kZ * kZ / (4 * runs * runs));
    return std::clamp((middle + side * reach) / (1 + kZ * kZ / runs), 0.0, 1.0);
  }
};

// Of as many benign runs as leaking ones: what part of the calls is right.
inline double precision(double recall, double false_rate) {
  return recall + false_rate > 0 ? recall / (recall + false_rate) : 1;
}

class Tally {
 public:
  void add(Verdict verdict) {
    ++counts_[static_cast<size_t>(verdict)];
    ++runs_;
  }
  int64_t count(Verdict verdict) const {
    return counts_[static_cast<size_t>(verdict)];
  }
  int64_t runs() const { return runs_; }
  double share(Verdict verdict) const {
    return Share{static_cast<double>(count(verdict)),
                 static_cast<double>(runs_)}
        .value();
  }
  // Named as a leak, or as one that is suspected: a curve alone says no more.
  int64_t called() const {
    return count(Verdict::leak) + count(Verdict::suspect);
  }

 private:
  std::array<int64_t, 7> counts_{};
  int64_t runs_ = 0;
};

}  // namespace tidemark::accuracy
