#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// A store that keeps what it is given until it is compacted: a half goes, at
// uneven times.
void compaction(Values& y, double, Draw& draw) {
  const double bound = draw.uniform(20, 100);
  const double rate = bound / draw.uniform(100, 500);
  double held = bound * draw.uniform(0.2, 0.6);
  double limit = bound;
  for (double& at : y) {
    held += rate * draw.uniform(0.6, 1.4);
    if (held > limit) {
      held *= draw.uniform(0.4, 0.5);
      limit = bound * draw.uniform(0.85, 1);
    }
    at += held;
  }
}

}  // namespace tidemark::accuracy::phases
