#include <cmath>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

void sawtooth(Values& y, double, Draw& draw) {
  const double height = draw.uniform(10, 60);
  const double period = draw.uniform(20, 200);
  const double start = draw.uniform(0, period);
  for (size_t i = 0; i < y.size(); ++i) {
    const double at = static_cast<double>(i) + start;
    y[i] += height * std::fmod(at, period) / period;
  }
}

}  // namespace tidemark::accuracy::phases
