#include <cmath>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

void slow_noise(Values& y, double, Draw& draw) {
  const Values noise = draw.correlated(y.size(), std::exp(-1.0 / 300), 4);
  for (size_t i = 0; i < y.size(); ++i) y[i] += noise[i];
}

}  // namespace tidemark::accuracy::phases
