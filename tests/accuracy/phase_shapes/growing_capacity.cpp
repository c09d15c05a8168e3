#include <algorithm>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

// A leaking container whose capacity grows by half.
void growing_capacity(Values& y, double leak, Draw&) {
  double needed = 0, capacity = 0;
  for (double& at : y) {
    needed += leak;
    while (needed > capacity) capacity = std::max(4.0, capacity * 1.5);
    at += capacity;
  }
}

}  // namespace tidemark::accuracy::phases
