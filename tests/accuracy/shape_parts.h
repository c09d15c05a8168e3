// What shapes of both kinds are made of.
#pragma once

#include <cmath>

#include "tests/accuracy/draw.h"

namespace tidemark::accuracy {

inline constexpr double kMega = 1e6;

inline double fraction(size_t i, size_t n) {
  return static_cast<double>(i) / static_cast<double>(n);
}

// Rises by `height`, ever more slowly; tau in parts of the whole series.
inline void fill_towards(Values& y, double height, double tau) {
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] += height * (1 - std::exp(-fraction(i + 1, y.size()) / tau));
  }
}

}  // namespace tidemark::accuracy
