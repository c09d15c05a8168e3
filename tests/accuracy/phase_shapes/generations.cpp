#include <cmath>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// A collector of two generations: small teeth on large ones.
void generations(Values& y, double, Draw& draw) {
  const double young = draw.uniform(5, 20), old = draw.uniform(20, 80);
  const double short_period = draw.uniform(10, 30);
  const double long_period = draw.uniform(120, 400);
  const double start = draw.uniform(0, long_period);
  for (size_t i = 0; i < y.size(); ++i) {
    const double at = static_cast<double>(i) + start;
    y[i] += young * std::fmod(at, short_period) / short_period;
    y[i] += old * std::fmod(at, long_period) / long_period;
  }
}

}  // namespace tidemark::accuracy::phases
