#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy::phases {

void decaying_spikes(Values& y, double, Draw& draw) {
  double spike = 0;
  for (double& at : y) {
    if (draw.uniform(0, 1) < 0.01) spike = draw.uniform(10, 150);
    spike *= 0.9;
    at += spike;
  }
}

}  // namespace tidemark::accuracy::phases
