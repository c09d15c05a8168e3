#include "tests/accuracy/cycle_shapes.h"

namespace tidemark::accuracy::cycles {

void two_steps(Values& y, const Values& ops, const CyclePlan& plan,
               Draw& draw) {
  one_step(y, ops, plan, draw);
  one_step(y, ops, plan, draw);
}

}  // namespace tidemark::accuracy::cycles
