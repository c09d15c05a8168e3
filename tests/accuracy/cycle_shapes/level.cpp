#include "tests/accuracy/cycle_shapes.h"

namespace tidemark::accuracy::cycles {

void level(Values&, const Values&, const CyclePlan&, Draw&) {}

}  // namespace tidemark::accuracy::cycles
