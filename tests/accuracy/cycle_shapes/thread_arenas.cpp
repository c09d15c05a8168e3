#include <algorithm>

#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

// Each thread's arena keeps the most it ever needed.
void thread_arenas(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const auto threads = static_cast<int>(draw.uniform(1, 17));
  for (int thread = 0; thread < threads; ++thread) {
    const double need = draw.uniform(0.1, 1) * kMega;
    const double swing = need * draw.uniform(0.05, 0.4);
    double high = 0;
    for (double& at : y) {
      high = std::max(high, need + draw.normal(swing));
      at += high;
    }
  }
}

}  // namespace tidemark::accuracy::cycles
