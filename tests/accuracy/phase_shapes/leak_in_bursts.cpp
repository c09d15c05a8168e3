#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// An error path that runs for half a minute of every two to five.
void leak_in_bursts(Values& y, double leak, Draw& draw) {
  const double period = draw.uniform(120, 300);
  const double start = draw.uniform(0, period);
  double held = 0, at = start;
  for (double& value : y) {
    if (at >= period) at -= period;
    if (at < 30) held += leak * period / 30;
    value += held;
    ++at;
  }
}

}  // namespace tidemark::accuracy::phases
