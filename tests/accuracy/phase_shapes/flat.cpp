#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

void flat(Values&, double, Draw&) {}

}  // namespace tidemark::accuracy::phases
