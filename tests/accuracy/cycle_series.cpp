#include <cmath>

#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/shape_parts.h"

namespace tidemark::accuracy {
namespace {

constexpr double kPage = 4096;

constexpr CycleShape kShapes[] = {
#define CYCLE_SHAPE(function, sets, truth, own_leak) \
  {#function, sets, Truth::truth, cycles::function, own_leak},
#include "tests/accuracy/cycle_shapes.def"
#undef CYCLE_SHAPE
};

// Cumulative, after each cycle.
Values draw_operations(const CyclePlan& plan, Draw& draw) {
  Values operations(plan.count);
  double total = 0;
  for (double& at : operations) {
    const double share = draw.uniform(1 - plan.spread, 1 + plan.spread);
    total += std::round(plan.load_ops * share);
    at = total;
  }
  return operations;
}

}  // namespace

std::vector<CycleShape> cycle_shapes(CycleSet set) {
  std::vector<CycleShape> shapes;
  for (const CycleShape& shape : kShapes) {
    if ((shape.sets & set) != 0) shapes.push_back(shape);
  }
  return shapes;
}

CurveInput make_cycles(const CycleShape& shape, const CyclePlan& plan,
                       Draw& draw) {
  const bool pieces = (shape.sets & kHandles) != 0;
  const Values operations = draw_operations(plan, draw);
  Values retained(plan.count, pieces ? 20 : 200 * kMega);
  shape.add(retained, operations, plan, draw);
  CurveInput input;
  input.resource = pieces ? Resource::fds : Resource::rss_anon;
  input.ops_known = true;
  input.instrument_floor = pieces ? 1 : kPage;
  for (size_t k = 0; k < plan.count; ++k) {
    double value = retained[k];
    if (!shape.own_leak) value += plan.leak * operations[k];
    if (!pieces) value += draw.normal(plan.noise);
    value = std::floor(value / input.instrument_floor) * input.instrument_floor;
    const double seconds = static_cast<double>(k + 1) * plan.seconds;
    input.retained.push_back({seconds, operations[k], value});
  }
  return input;
}

}  // namespace tidemark::accuracy
