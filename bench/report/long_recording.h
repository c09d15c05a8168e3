// A recording as a long soak leaves it: 8 hours at 1 Hz of 1,000 processes, 8
// of them watched under 40 cycles of load and rest. The same bytes each time.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::bench {

struct LongRecording {
  std::string path;
  uint32_t processes = 1000;  // at least kWatched
  int ticks = 28'800;
  uint32_t active_percent = 5;
  // Heap sites of each watched process, read every 30 ticks: one in ten keeps
  // what each phase took, the others give it back.
  uint32_t stacks = 0;
};
inline constexpr uint32_t kWatched = 8;

// Writes it in place of what is there; its size in bytes. Ends the program
// when it cannot.
double write_long_recording(const LongRecording& plan);

}  // namespace tidemark::bench
