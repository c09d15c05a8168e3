// Shapes of what is retained after each of K load cycles.
#pragma once

#include <span>

#include "core/analysis/verdict.h"
#include "tests/accuracy/draw.h"

namespace tidemark::accuracy {

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
  // Adds to retained[k] after operations[k]; bytes, or pieces.
  void (*add)(Values& retained, const Values& operations, const CyclePlan& plan,
              Draw& draw);
  bool own_leak = false;  // leaks in its own way
  // A leak that so few cycles cannot confirm: it looks like a filling cache, or
  // begins half way. Left out of the recall.
  bool hard = false;
  bool handles = false;  // counts pieces: fds
};

// The published set: cycles of 2.5 min, 1,000 operations per minute.
std::span<const CycleShape> published_cycles();
// As a short demonstration runs: 14 s, tens of thousands of operations, the
// noise of an allocator.
struct CycleSet {
  std::span<const CycleShape> benign;
  std::span<const CycleShape> leaking;
};
CycleSet short_cycles();
CycleSet handle_cycles();

CurveInput make_cycles(const CycleShape& shape, const CyclePlan& plan,
                       Draw& draw);

}  // namespace tidemark::accuracy
