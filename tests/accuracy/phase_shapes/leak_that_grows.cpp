#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::phases {

// What leaks is copied with each request, so that it leaks ever faster.
void leak_that_grows(Values& y, double leak, Draw&) {
  double held = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    held += 2 * leak * fraction(i, y.size());
    y[i] += held;
  }
}

}  // namespace tidemark::accuracy::phases
