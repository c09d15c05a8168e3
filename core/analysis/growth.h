// What kind of growth a rising series shows: does it go on, slow down, or was
// it a step? Decided by AICc between least-squares shapes and by the robust
// slopes of halves and thirds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/analysis/slope.h"

namespace tidemark {

enum class Shape : uint8_t {
  line,                // goes on at its pace
  line_after_warm_up,  // slowed first, then goes on
  saturating,          // slows towards a plateau
  step,                // one step, level before and after
  stairs,              // several steps, the last one recent, nothing given back
  unclear,
};

struct Growth {
  Shape shape = Shape::unclear;
  double plateau = 0;  // saturating: the level it tends to
  double tau = 0;      // saturating: in units of x
  size_t step_at = 0;  // step: the first point after it
  double step = 0;     // step: its height
  // line: a logarithm does not fit better.
  bool is_clear = true;
  double explained = 0;  // the share of the variance that the shape explains
};

// Of a series with at least 6 readings. Slopes up to `delta` are no growth;
// `resolution` as in estimate_slope.
Growth classify_growth(const Series& series, double delta, double resolution);

// How the readings follow each other.
struct Rises {
  size_t steps = 0;     // readings - 1
  size_t up = 0;        // how many lie above the one before
  double net = 0;       // last - first
  double drawdown = 0;  // the deepest fall from an earlier high
};
Rises count_rises(const Series& series);

// True when the slope stays above `delta` after the largest fifth of the rises
// is replaced by the ordinary one: growth that goes on, not a few bursts.
bool outlives_bursts(const Series& series, double delta);

}  // namespace tidemark
