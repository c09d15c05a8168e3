#include <cmath>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

void log_cache(Values& y, double, Draw& draw) {
  const double height = draw.uniform(5, 40);
  const double scale = draw.uniform(20, 200);
  for (size_t i = 0; i < y.size(); ++i) {
    y[i] += height * std::log1p(static_cast<double>(i) / scale);
  }
}

}  // namespace tidemark::accuracy::phases
