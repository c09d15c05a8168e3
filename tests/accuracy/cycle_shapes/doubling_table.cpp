#include <algorithm>

#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

// A bounded table that doubles as it fills.
void doubling_table(Values& y, const Values& ops, const CyclePlan&,
                    Draw& draw) {
  const double bound = draw.uniform(2, 32) * kMega;
  const double full = draw.uniform(0.2, 0.6) * ops.back();
  double capacity = bound / 32;
  for (size_t k = 0; k < y.size(); ++k) {
    const double held = bound * std::min(1.0, ops[k] / full);
    while (capacity < held && capacity < bound) capacity *= 2;
    y[k] += std::min(capacity, bound);
  }
}

}  // namespace tidemark::accuracy::cycles
