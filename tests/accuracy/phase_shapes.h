// Shapes of one long phase: what the memory of real programs does under steady
// load, with and without a leak. One sample per second, in MB.
#pragma once

#include <span>

#include "tests/accuracy/draw.h"

namespace tidemark::accuracy {

struct PhaseShape {
  const char* name;
  // Adds the shape to a series of n seconds; `leak` in MB per second is for
  // shapes that bring their own way of leaking.
  void (*add)(Values& y, double leak, Draw& draw);
  bool own_noise = false;  // the shape brings its noise
  bool own_leak = false;   // and its leak, which is not added again
  bool quantised = false;  // read in pages
};

// The shapes the procedure was first written against, and others that stand for
// what it had not seen. In each the first list is benign, the second leaks.
struct PhaseSet {
  std::span<const PhaseShape> benign;
  std::span<const PhaseShape> leaking;
};
PhaseSet first_set();
PhaseSet second_set();

// A series of `seconds` that leaks `per_minute` MB.
Values make_phase(const PhaseShape& shape, double per_minute, size_t seconds,
                  Draw& draw);

}  // namespace tidemark::accuracy
