#include "tests/accuracy/cycle_shapes.h"

namespace tidemark::accuracy::cycles {

// The faulty path runs in two cycles of three, and there by chance.
void leak_now_and_then(Values& y, const Values& ops, const CyclePlan& plan,
                       Draw& draw) {
  double held = 0, before = 0;
  for (size_t k = 0; k < y.size(); ++k) {
    const double here = ops[k] - before;
    before = ops[k];
    if (draw.uniform(0, 1) < 0.67) held += 1.5 * plan.leak * here;
    y[k] += held;
  }
}

}  // namespace tidemark::accuracy::cycles
