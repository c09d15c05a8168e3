#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

// Arenas that come up at some moment, most of them early.
void arena_steps(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const auto count = static_cast<int>(draw.uniform(1, 9));
  for (int arena = 0; arena < count; ++arena) {
    const double when = draw.uniform(0, 1);
    const double height = draw.uniform(0.3, 4) * kMega;
    const auto begin =
        static_cast<size_t>(static_cast<double>(y.size()) * when * when);
    for (size_t k = begin; k < y.size(); ++k) y[k] += height;
  }
}

}  // namespace tidemark::accuracy::cycles
