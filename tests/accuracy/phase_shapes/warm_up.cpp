#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::phases {

void warm_up(Values& y, double, Draw& draw) {
  const double height = draw.uniform(20, 200);
  fill_towards(y, height, draw.uniform(0.02, 0.2));
}

}  // namespace tidemark::accuracy::phases
