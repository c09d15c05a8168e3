#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// The leak arrives in jumps, some minutes apart.
void leak_in_steps(Values& y, double leak, Draw& draw) {
  double owed = 0, held = 0, next = draw.uniform(0, 300);
  for (size_t i = 0; i < y.size(); ++i) {
    owed += leak;
    if (static_cast<double>(i) >= next) {
      held += owed;
      owed = 0;
      next = static_cast<double>(i) + draw.uniform(120, 300);
    }
    y[i] += held;
  }
}

}  // namespace tidemark::accuracy::phases
