#include <cmath>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

void batches(Values& y, double, Draw& draw) {
  const double height = draw.uniform(10, 80);
  const double period = draw.uniform(180, 420);
  const double length = draw.uniform(20, 90);
  const double start = draw.uniform(0, period);
  for (size_t i = 0; i < y.size(); ++i) {
    const double at = std::fmod(static_cast<double>(i) + start, period);
    if (at < length) y[i] += height;
  }
}

}  // namespace tidemark::accuracy::phases
