#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

// Read at a random moment between two collections.
void collector_phase(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double height = draw.uniform(10, 60) * kMega;
  for (double& at : y) at += height * draw.uniform(0, 1);
}

}  // namespace tidemark::accuracy::cycles
