#include <cmath>

#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

void log_cache(Values& y, const Values& ops, const CyclePlan& plan,
               Draw& draw) {
  const double height = draw.uniform(0.5, 5) * kMega;
  const double scale = plan.load_ops * draw.uniform(0.1, 1);
  for (size_t k = 0; k < y.size(); ++k) {
    y[k] += height * std::log1p(ops[k] / scale);
  }
}

}  // namespace tidemark::accuracy::cycles
