#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::cycles {

void growing_capacity(Values& y, const Values& ops, const CyclePlan& plan,
                      Draw&) {
  for (size_t k = 0; k < y.size(); ++k) {
    double capacity = kMega / 4;
    while (capacity < plan.leak * ops[k]) capacity *= 1.5;
    y[k] += capacity;
  }
}

}  // namespace tidemark::accuracy::cycles
