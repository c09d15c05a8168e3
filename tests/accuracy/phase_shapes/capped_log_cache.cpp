#include <algorithm>
#include <cmath>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

void capped_log_cache(Values& y, double, Draw& draw) {
  const double height = draw.uniform(5, 40);
  const double scale = draw.uniform(20, 200);
  const double full = static_cast<double>(y.size()) * draw.uniform(0.3, 0.8);
  const double cap = height * std::log1p(full / scale);
  for (size_t i = 0; i < y.size(); ++i) {
    const double size = height * std::log1p(static_cast<double>(i) / scale);
    y[i] += std::min(cap, size);
  }
}

}  // namespace tidemark::accuracy::phases
