#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// Without any noise, as the kernel counts pages.
void quantised_flat(Values&, double, Draw&) {}

}  // namespace tidemark::accuracy::phases
