#include <algorithm>

#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::phases {

// A cache that doubles its table as it fills, until it is full.
void doubling_cache(Values& y, double, Draw& draw) {
  const double bound = draw.uniform(16, 128);
  const double full = draw.uniform(0.2, 0.7);
  double capacity = bound / 64;
  for (size_t i = 0; i < y.size(); ++i) {
    const double held = bound * std::min(1.0, fraction(i, y.size()) / full);
    while (capacity < held && capacity < bound) capacity *= 2;
    y[i] += std::min(capacity, bound);
  }
}

}  // namespace tidemark::accuracy::phases
