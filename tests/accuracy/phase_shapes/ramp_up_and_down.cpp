#include <algorithm>

#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::phases {

void ramp_up_and_down(Values& y, double, Draw& draw) {
  const double height = draw.uniform(20, 120);
  for (size_t i = 0; i < y.size(); ++i) {
    const double at = fraction(i, y.size());
    y[i] += height * std::min({6 * at, 1.0, 6 * (1 - at)});
  }
}

}  // namespace tidemark::accuracy::phases
