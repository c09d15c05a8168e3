// Shapes of what is retained after each of K load cycles. A shape is one file
// in cycle_shapes/ and one line in cycle_shapes.def.
#pragma once

#include <vector>

#include "core/analysis/verdict.h"
#include "tests/accuracy/draw.h"
#include "tests/accuracy/phase_shapes.h"

namespace tidemark::accuracy {

// Published: cycles of 2.5 min, 1,000 operations per minute. Brief: as a short
// demonstration runs, 14 s, tens of thousands of operations, the noise of an
// allocator. Handles: the same in pieces. A shape may be in several.
enum CycleSet : unsigned { kPublished = 1, kBrief = 2, kHandles = 4 };

// How the cycles run and how much they leak.
struct CyclePlan {
  size_t count = 14;
  double load_ops = 30'000;  // per cycle, about
  double spread = 0.15;      // of the operations from cycle to cycle
  double seconds = 14;
  double leak = 0;   // bytes (or pieces) per operation
  double noise = 0;  // bytes: standard deviation of a reading
};

struct CycleShape {
  const char* name;
  unsigned sets;
  Truth truth;
  // Adds to retained[k] after operations[k]; bytes, or pieces.
  void (*add)(Values& retained, const Values& operations, const CyclePlan& plan,
              Draw& draw);
  bool own_leak;  // leaks in its own way; else a leak is added
};

namespace cycles {
#define CYCLE_SHAPE(function, sets, truth, own_leak)        \
  void function(Values& retained, const Values& operations, \
                const CyclePlan& plan, Draw& draw);
#include "tests/accuracy/cycle_shapes.def"
#undef CYCLE_SHAPE
}  // namespace cycles

// In the order of the list.
std::vector<CycleShape> cycle_shapes(CycleSet set);

CurveInput make_cycles(const CycleShape& shape, const CyclePlan& plan,
                       Draw& draw);

}  // namespace tidemark::accuracy
