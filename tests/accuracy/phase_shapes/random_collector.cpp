#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

void random_collector(Values& y, double, Draw& draw) {
  const double height = draw.uniform(10, 60);
  const double rate = height / draw.uniform(20, 150);
  double level = 0, limit = height * draw.uniform(0.7, 1.3);
  for (double& at : y) {
    level += rate * draw.uniform(0.5, 1.5);
    if (level > limit) {
      level = 0;
      limit = height * draw.uniform(0.7, 1.3);
    }
    at += level;
  }
}

}  // namespace tidemark::accuracy::phases
