#include <cmath>

#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

// A key-value store whose keys are drawn at random from a bounded space.
void key_space(Values& y, const Values& ops, const CyclePlan& plan,
               Draw& draw) {
  const double height = draw.uniform(1, 40) * kMega;
  const double keys = plan.load_ops * draw.uniform(0.2, 4);
  for (size_t k = 0; k < y.size(); ++k) {
    y[k] += height * (1 - std::exp(-ops[k] / keys));
  }
}

}  // namespace tidemark::accuracy::cycles
