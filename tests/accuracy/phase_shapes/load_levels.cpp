#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// The working set follows a load that changes its level every 5 to 15 min.
void load_levels(Values& y, double, Draw& draw) {
  const double height = draw.uniform(5, 40);
  double level = 0, next = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    if (static_cast<double>(i) >= next) {
      level = draw.uniform(0.2, 1);
      next = static_cast<double>(i) + draw.uniform(300, 900);
    }
    y[i] += height * level;
  }
}

}  // namespace tidemark::accuracy::phases
