#include <cmath>

#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

void slow_noise(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const Values noise = draw.correlated(y.size(), std::exp(-0.5), 4 * kMega);
  for (size_t k = 0; k < y.size(); ++k) y[k] += noise[k];
}

}  // namespace tidemark::accuracy::cycles
