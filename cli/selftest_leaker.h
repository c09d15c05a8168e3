// The calibrated leaker of `tidemark selftest`: keeps a known number of bytes
// of each operation, in cycles of load and rest, and says so like any client.
#pragma once

#include <cstdint>

namespace tidemark {

struct LeakerPlan {
  int64_t bytes_per_second = 0;  // of load; 0: it takes as much and gives back
  int cycles = 14;
  double load_seconds = 1, rest_seconds = 0.5;
};

// What one operation takes.
inline constexpr int64_t kLeakerChunk = 16 * 1024;

// Runs it in this process; 0, or 70 when no recorder listens.
int run_leaker(const LeakerPlan& plan);

}  // namespace tidemark
