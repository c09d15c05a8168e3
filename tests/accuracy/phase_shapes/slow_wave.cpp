#include <numbers>

#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy::phases {

void slow_wave(Values& y, double, Draw& draw) {
  constexpr double kTurn = 2 * std::numbers::pi;
  const double height = draw.uniform(5, 30);
  const double start = draw.uniform(0, kTurn);
  const double periods = 1 / draw.uniform(1.2, 3);
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] += height * std::sin(kTurn * periods * fraction(i, y.size()) + start);
  }
}

}  // namespace tidemark::accuracy::phases
