#include "probes/heap_tables.h"

#include <cmath>

namespace tidemark {

tidemark_sampling_tables sampling_tables() {
  tidemark_sampling_tables tables{};
  for (int i = 0; i <= TIDEMARK_LOG2_STEPS; ++i) {
    const double value = std::log2(1 + double(i) / TIDEMARK_LOG2_STEPS);
    tables.log2_of[i] = static_cast<__u32>(std::lround(value * 65536));
  }
  for (int i = 0; i <= TIDEMARK_WEIGHT_STEPS; ++i) {
    const double x = i / 64.0;
    const double value = i == 0 ? 1 : x / -std::expm1(-x);
    tables.weight_of[i] = static_cast<__u32>(std::lround(value * (1 << 20)));
  }
  return tables;
}

}  // namespace tidemark
