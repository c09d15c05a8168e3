#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

void slow_cache(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double height = draw.uniform(20, 200) * kMega;
  fill_towards(y, height, draw.uniform(0.25, 0.7));
}

}  // namespace tidemark::accuracy::cycles
