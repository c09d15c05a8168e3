#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// Grows to twice its size once or twice; for some seconds both tables are
// there.
void rehashed_table(Values& y, double, Draw& draw) {
  double size = draw.uniform(4, 30);
  const int times = draw.uniform(0, 1) < 0.5 ? 1 : 2;
  for (double& at : y) at += size;
  for (int time = 0; time < times; ++time, size *= 2) {
    const auto begin = static_cast<size_t>(draw.uniform(0.05, 0.8) *
                                           static_cast<double>(y.size()));
    for (size_t i = begin; i < y.size(); ++i) {
      y[i] += size;
      if (i < begin + 20) y[i] += size;
    }
  }
}

}  // namespace tidemark::accuracy::phases
