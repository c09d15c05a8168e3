// The slope of a short series of readings with its interval, its noise, and
// the smallest slope such a series can show.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/trend.h"

namespace tidemark {

// One-sided certainty of every bound: a true slope lies beyond it in at most
// one run of a hundred.
inline constexpr double kSlopeAlpha = 0.01;
// A detectable slope is found in nine runs of ten: z(0.99) + z(0.90).
inline constexpr double kDetectReach = 2.326 + 1.282;

// x ascends (operations, or minutes); y is as long (bytes, or pieces).
struct Series {
  std::vector<double> x;
  std::vector<double> y;

  size_t size() const { return y.size(); }
  double span() const { return x.empty() ? 0 : x.back() - x.front(); }
  // Points begin <= i < end.
  Series part(size_t begin, size_t end) const;
};

struct Slope {
  Trend trend;
  double span = 0;
  // Standard deviation of a reading around the line, never below what the
  // instrument itself resolves.
  double noise = 0;
  // The smallest slope found in 9 of 10 such runs.
  double min_detectable = 0;
};

// `resolution`: the step of the instrument, a page or one piece. Absent when
// x does not vary.
std::optional<Slope> estimate_slope(const Series& series, double resolution);

// How long the span would have to be (in units of x, reading as densely) for
// a slope `distance` away from the threshold to be told from it. 0 when
// distance is not positive.
double needed_span(const Slope& slope, double distance);

}  // namespace tidemark
