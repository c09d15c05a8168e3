#include "tests/accuracy/cycle_shapes.h"

namespace tidemark::accuracy::cycles {

void handles_flat(Values&, const Values&, const CyclePlan&, Draw&) {}

}  // namespace tidemark::accuracy::cycles
