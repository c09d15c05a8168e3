#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::phases {

// The cache is full before the run is half over.
void leak_behind_a_cache(Values& y, double, Draw& draw) {
  fill_towards(y, draw.uniform(10, 60), draw.uniform(0.05, 0.15));
}

}  // namespace tidemark::accuracy::phases
