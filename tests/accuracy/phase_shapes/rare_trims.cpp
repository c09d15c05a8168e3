#include <algorithm>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// The allocator keeps the most that was ever needed, and gives it back at
// some moments, 3 to 12 min apart.
void rare_trims(Values& y, double, Draw& draw) {
  const Values need = draw.correlated(y.size(), 0.95, 6);
  double kept = 0, next = draw.uniform(180, 720);
  for (size_t i = 0; i < y.size(); ++i) {
    if (static_cast<double>(i) >= next) {
      kept = 0;
      next = static_cast<double>(i) + draw.uniform(180, 720);
    }
    kept = std::max(kept, 25 + need[i]);
    y[i] += kept;
  }
}

}  // namespace tidemark::accuracy::phases
