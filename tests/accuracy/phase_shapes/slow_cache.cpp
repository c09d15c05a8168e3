#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::phases {

void slow_cache(Values& y, double, Draw& draw) {
  const double height = draw.uniform(20, 200);
  fill_towards(y, height, draw.uniform(0.25, 0.7));
}

}  // namespace tidemark::accuracy::phases
