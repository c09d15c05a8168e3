// Where a sequence of run figures changed its level.
//
// E-divisive means (Matteson and James 2014) with Student's t in place of
// random permutations, so that the same figures give the same points; first
// with a loose threshold, then merged until every point holds by the strict
// one (the way of Hunter, Apache Otava).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tidemark {

struct ChangePoint {
  size_t index = 0;              // the first value of the new level
  double before = 0, after = 0;  // medians of the levels on its two sides
  double p = 1;
};

// Fewer than this on a side show no level.
inline constexpr size_t kLeastLevel = 3;

// In order. Values are finite.
std::vector<ChangePoint> change_points(std::span<const double> values,
                                       double alpha = 0.001);

}  // namespace tidemark
