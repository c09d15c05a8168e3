#include <cmath>

#include "tests/accuracy/cycle_shapes.h"

namespace tidemark::accuracy::cycles {

// A pool that opens one more when all are busy, up to its limit.
void handles_lazy_pool(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double limit = std::floor(draw.uniform(3, 17));
  const double chance = draw.uniform(0.1, 0.6);
  double open = 1;
  for (double& at : y) {
    for (int i = 0; i < 8; ++i) {
      if (draw.uniform(0, 1) < chance * (1 - open / limit)) ++open;
    }
    at += open;
  }
}

}  // namespace tidemark::accuracy::cycles
