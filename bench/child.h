// Programs that a benchmark runs: none outlives it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tidemark::bench {

// What a program reads and writes: as we do; its errors alone; nothing.
enum class Streams { ours, errors, none };

// The calling process goes on as this program, exit code 127: it cannot be
// run. It is killed when the process that forked it ends.
[[noreturn]] void become(const std::vector<std::string>& command);

pid_t start(const std::vector<std::string>& command, Streams streams);

// What a program cost from start to end.
struct Cost {
  double wall_seconds = 0;
  double cpu_seconds = 0;
  double peak_mib = 0;  // resident
  int exit_code = -1;   // -1: ended by a signal
};
Cost cost_of(const std::vector<std::string>& command, Streams streams);

}  // namespace tidemark::bench
