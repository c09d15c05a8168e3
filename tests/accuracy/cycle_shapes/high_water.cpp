#include <algorithm>

#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

void high_water(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  double high = 0;
  for (double& at : y) {
    high = std::max(high, 30 * kMega + draw.normal(8 * kMega));
    at += high;
  }
}

}  // namespace tidemark::accuracy::cycles
