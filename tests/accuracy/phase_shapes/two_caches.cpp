#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::phases {

// One that fills soon, and one that takes its time.
void two_caches(Values& y, double, Draw& draw) {
  fill_towards(y, draw.uniform(20, 100), draw.uniform(0.02, 0.1));
  fill_towards(y, draw.uniform(10, 60), draw.uniform(0.15, 0.35));
}

}  // namespace tidemark::accuracy::phases
