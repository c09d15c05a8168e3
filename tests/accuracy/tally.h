// Verdicts counted.
#pragma once

#include <array>
#include <cstdint>

#include "core/model/finding.h"

namespace tidemark::accuracy {

class Tally {
 public:
  void add(Verdict verdict) {
    ++counts_[static_cast<size_t>(verdict)];
    ++n_;
  }
  // The share of runs with this verdict.
  double share(Verdict verdict) const {
    return n_ == 0
               ? 0
               : static_cast<double>(counts_[static_cast<size_t>(verdict)]) /
                     static_cast<double>(n_);
  }

 private:
  std::array<int64_t, 7> counts_{};
  int64_t n_ = 0;
};

// Equal weight per shape: the mean of shares.
struct Mean {
  double sum = 0;
  int n = 0;
  void add(double value) {
    sum += value;
    ++n;
  }
  double value() const { return n == 0 ? 0 : sum / n; }
};

}  // namespace tidemark::accuracy
