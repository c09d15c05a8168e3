#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// The leak follows a load that changes every minute, as does the level.
void varying_load(Values& y, double leak, Draw& draw) {
  double load = 1, held = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    if (i % 60 == 0) load = draw.uniform(0.2, 1.8);
    held += leak * load;
    y[i] += held + 8 * load;
  }
}

}  // namespace tidemark::accuracy::phases
