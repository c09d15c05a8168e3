#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// Up to ten arenas, most of them early.
void arenas(Values& y, double, Draw& draw) {
  const auto count = static_cast<int>(draw.uniform(1, 11));
  for (int arena = 0; arena < count; ++arena) {
    const double when = draw.uniform(0, 1);
    const double height = draw.uniform(2, 20);
    const auto begin =
        static_cast<size_t>(static_cast<double>(y.size()) * when * when);
    for (size_t i = begin; i < y.size(); ++i) y[i] += height;
  }
}

}  // namespace tidemark::accuracy::phases
