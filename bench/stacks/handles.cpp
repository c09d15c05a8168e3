// What watching descriptors costs: system calls of a program that is watched,
// of one that is not, and without the probe.
#include "probes/handles.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

#include "probes/process_maps.h"

using namespace tidemark;

namespace {

// The best of some batches: what the machine does besides only adds.
double best_ns(const std::function<void()>& call) {
  constexpr int kCalls = 50'000;
  double best = 1e12;
  for (int batch = 0; batch < 40; ++batch) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kCalls; ++i) call();
    const std::chrono::duration<double, std::nano> took =
        std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count() / kCalls);
  }
  return best;
}

void measure(const char* who) {
  const double other = best_ns([] { ::syscall(SYS_getppid); });
  const double pair =
      best_ns([] { ::close(::open("/dev/null", O_RDONLY | O_CLOEXEC)); });
  fmt::print("{:32} getppid {:6.1f} ns   open and close {:7.1f} ns\n", who,
             other, pair);
}

}  // namespace

int main() {
  measure("without the probe");
  auto tracer = HandleTracer::open();
  if (!tracer) {
    std::fputs((tracer.error().what + "\n").c_str(), stderr);
    return 1;
  }
  measure("probe open, not watched");
  const Pid self{::getpid()};
  const auto maps = read_process_maps("/proc", self);
  if (!maps || !(*tracer)->attach(self, *maps)) return 1;
  measure("watched");
}
