#include <cmath>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// Sessions that are never closed, one in 20 s, most small and a few large.
void lost_sessions(Values& y, double leak, Draw& draw) {
  double held = 0;
  for (double& at : y) {
    if (draw.uniform(0, 1) < 0.05) {
      held += 20 * leak * -std::log(draw.uniform(1e-9, 1));
    }
    at += held;
  }
}

}  // namespace tidemark::accuracy::phases
