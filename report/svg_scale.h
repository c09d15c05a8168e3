// From figures to places in a picture, and the steps of its axes.
#pragma once

#include <string>

#include "report/timeline.h"

namespace tidemark {

struct SvgScale {
  double lo = 0, hi = 1, from = 0, to = 1;
  // Figures far outside stay near the picture.
  double operator()(double value) const;
};

// 1, 2 or 5 times a power of ten (or of two, for bytes), so that `length` has
// at most about `most` steps.
double nice_step(double length, int most, bool binary);

// "812 MiB", "34 %", "1.2k/s": as the page's script writes it.
std::string figure_text(double value, ChartUnit unit);

}  // namespace tidemark
