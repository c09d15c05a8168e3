#include <cmath>

#include "tests/accuracy/cycle_shapes.h"

namespace tidemark::accuracy::cycles {

void handles_fluctuate(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  for (double& at : y) at += std::floor(draw.uniform(0, 4));
}

}  // namespace tidemark::accuracy::cycles
