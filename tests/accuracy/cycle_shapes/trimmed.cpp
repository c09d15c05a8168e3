#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

// What was freed piles up, and is given back every few cycles.
void trimmed(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double each = draw.uniform(0.2, 2) * kMega;
  double kept = 0;
  for (double& at : y) {
    kept += each * draw.uniform(0.3, 1);
    if (draw.uniform(0, 1) < 0.25) kept = 0;
    at += kept;
  }
}

}  // namespace tidemark::accuracy::cycles
