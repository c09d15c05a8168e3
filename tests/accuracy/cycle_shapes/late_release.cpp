#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

// Freed a little later than the reading, every few cycles.
void late_release(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double height = draw.uniform(0.3, 4) * kMega;
  for (double& at : y) {
    if (draw.uniform(0, 1) < 0.3) at += height;
  }
}

}  // namespace tidemark::accuracy::cycles
