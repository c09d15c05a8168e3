#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

// Over within a cycle or two.
void warm_up(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double height = draw.uniform(20, 200) * kMega;
  const double cycles = draw.uniform(0.3, 1.5);
  fill_towards(y, height, cycles / static_cast<double>(y.size()));
}

}  // namespace tidemark::accuracy::cycles
