#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

void late_leak(Values& y, double leak, Draw& draw) {
  const auto begin = static_cast<size_t>(static_cast<double>(y.size()) *
                                         draw.uniform(0.45, 0.6));
  for (size_t i = begin; i < y.size(); ++i) {
    y[i] += leak * static_cast<double>(i - begin);
  }
}

}  // namespace tidemark::accuracy::phases
