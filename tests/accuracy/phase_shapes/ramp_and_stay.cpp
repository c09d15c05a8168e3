#include <algorithm>

#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::phases {

void ramp_and_stay(Values& y, double, Draw& draw) {
  const double height = draw.uniform(20, 120);
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] += height * std::min(6 * fraction(i, y.size()), 1.0);
  }
}

}  // namespace tidemark::accuracy::phases
