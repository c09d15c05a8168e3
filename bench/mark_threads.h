// The same call from 1 to 64 threads at once.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace tidemark::bench {

struct ThreadedCall {
  std::string name;
  std::function<void()> before;  // each batch, untimed
  std::function<void()> call;
};

// ns of CPU time per call, the middle of all threads' batches: more threads
// than CPUs wait for each other, and that is not the call's cost.
void print_threads_table(const std::vector<ThreadedCall>& calls);

}  // namespace tidemark::bench
