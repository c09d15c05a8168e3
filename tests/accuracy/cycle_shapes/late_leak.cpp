#include <algorithm>

#include "tests/accuracy/cycle_shapes.h"

namespace tidemark::accuracy::cycles {

void late_leak(Values& y, const Values& ops, const CyclePlan& plan, Draw&) {
  const double begin = ops[y.size() / 2 - 1];
  for (size_t k = 0; k < y.size(); ++k) {
    y[k] += plan.leak * std::max(0.0, ops[k] - begin);
  }
}

}  // namespace tidemark::accuracy::cycles
