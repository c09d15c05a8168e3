// Whether and how allocations are traced (design part 4.2).
#pragma once

#include <cstdint>

#include "core/base/clock.h"

namespace tidemark {

enum class HeapMode : uint8_t {
  off,
  automatic,  // a process whose memory keeps growing, if the guard allows it
  probes,     // every watched process from the start, if the guard allows it
  shim,       // what runs with libtidemark-heap in it; no heap probes
};

struct HeapSettings {
  HeapMode mode = HeapMode::off;
  uint64_t sample_bytes = 64 << 10;  // 1: every block
  double budget = 0.05;              // of the traced process's own CPU time
  // `automatic`: how long growth has to persist.
  Nanoseconds after = std::chrono::seconds(40);
};

}  // namespace tidemark
