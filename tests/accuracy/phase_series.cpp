#include <algorithm>
#include <cmath>
#include <string>

#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy {
namespace {

constexpr double kBase = 200;
constexpr double kNoise = 0.6;

constexpr PhaseShape kShapes[] = {
#define PHASE_SHAPE(function, set, truth, traits) \
  {#function, PhaseSet::set, Truth::truth, phases::function, phases::traits},
#include "tests/accuracy/phase_shapes.def"
#undef PHASE_SHAPE
};

}  // namespace

std::vector<PhaseShape> phase_shapes(PhaseSet set) {
  std::vector<PhaseShape> shapes;
  for (const PhaseShape& shape : kShapes) {
    if (shape.set == set) shapes.push_back(shape);
  }
  return shapes;
}

Values make_phase(const PhaseShape& shape, double per_minute, size_t seconds,
                  Draw& draw) {
  const double leak = per_minute / 60;
  Values y(seconds, kBase);
  if (!shape.traits.own_noise) {
    const Values noise = draw.correlated(seconds, 0.8, kNoise);
    for (size_t i = 0; i < seconds; ++i) y[i] += noise[i];
  }
  shape.add(y, leak, draw);
  for (size_t i = 0; i < seconds; ++i) {
    if (!shape.traits.own_leak) y[i] += leak * static_cast<double>(i);
    if (shape.traits.quantised) y[i] = std::floor(y[i] * 256) / 256;
  }
  return y;
}

}  // namespace tidemark::accuracy
