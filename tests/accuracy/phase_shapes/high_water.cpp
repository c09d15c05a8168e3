#include <algorithm>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

void high_water(Values& y, double, Draw& draw) {
  const Values load = draw.correlated(y.size(), 0.9, 8);
  double high = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    high = std::max(high, 30 + load[i]);
    y[i] += high;
  }
}

}  // namespace tidemark::accuracy::phases
