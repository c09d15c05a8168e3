#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

void one_step(Values& y, const Values&, const CyclePlan&, Draw& draw) {
  const double height = draw.uniform(1, 30) * kMega;
  const auto begin =
      static_cast<size_t>(draw.uniform(1, static_cast<double>(y.size()) - 1));
  for (size_t k = begin; k < y.size(); ++k) y[k] += height;
}

}  // namespace tidemark::accuracy::cycles
