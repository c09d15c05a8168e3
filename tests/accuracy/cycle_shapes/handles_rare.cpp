#include "tests/accuracy/cycle_shapes.h"

namespace tidemark::accuracy::cycles {

void handles_rare(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double chance = draw.uniform(0.02, 0.12);
  double open = 0;
  for (double& at : y) {
    if (draw.uniform(0, 1) < chance && open < 3) ++open;
    at += open;
  }
}

}  // namespace tidemark::accuracy::cycles
