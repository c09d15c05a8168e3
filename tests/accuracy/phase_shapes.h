// Shapes of one long phase: what the memory of real programs does under steady
// load, with and without a leak. One sample per second, in MB. A shape is one
// file in phase_shapes/ and one line in phase_shapes.def.
#pragma once

#include <vector>

#include "tests/accuracy/draw.h"

namespace tidemark::accuracy {

// The shapes the procedure was first written against, others that stand for
// what it had not seen then, and a third lot, drawn up after both.
enum class PhaseSet { first, second, third };
// Whether the shape stands for programs that do not leak, that do, or for both
// (a leak is added to it).
enum class Truth { benign, leaking, both };

struct PhaseTraits {
  bool own_noise = false;  // the shape brings its noise
  bool own_leak = false;   // and its leak, which is not added again
  bool quantised = false;  // read in pages
};

struct PhaseShape {
  const char* name;
  PhaseSet set;
  Truth truth;
  // Adds the shape to a series of n seconds; `leak` in MB per second is for
  // shapes that bring their own way of leaking.
  void (*add)(Values& y, double leak, Draw& draw);
  PhaseTraits traits;
};

namespace phases {
inline constexpr PhaseTraits plain{};
inline constexpr PhaseTraits own_noise{.own_noise = true};
inline constexpr PhaseTraits own_leak{.own_leak = true};
inline constexpr PhaseTraits in_pages{.own_noise = true, .quantised = true};
#define PHASE_SHAPE(function, set, truth, traits) \
  void function(Values& y, double leak, Draw& draw);
#include "tests/accuracy/phase_shapes.def"
#undef PHASE_SHAPE
}  // namespace phases

// In the order of the list.
std::vector<PhaseShape> phase_shapes(PhaseSet set);

// A series of `seconds` that leaks `per_minute` MB.
Values make_phase(const PhaseShape& shape, double per_minute, size_t seconds,
                  Draw& draw);

}  // namespace tidemark::accuracy
