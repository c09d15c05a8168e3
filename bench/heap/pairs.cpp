// Allocates and frees in pairs when told to: says "ready", waits for a byte,
// works for so many milliseconds, says "pair_ns BEST", waits again. With
// "forever" it goes on without a word, as fast as it can.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

using Clock = std::chrono::steady_clock;

void pair() {
  void* block = malloc(64);
  asm volatile("" ::"r"(block) : "memory");
  free(block);
}

double round_ns(int pairs) {
  const auto begin = Clock::now();
  for (int i = 0; i < pairs; ++i) pair();
  return std::chrono::duration<double, std::nano>(Clock::now() - begin)
             .count() /
         pairs;
}

// The best round of those that the time has room for.
double best_ns(std::chrono::milliseconds limit) {
  double best = 1e12;
  const auto begin = Clock::now();
  while (Clock::now() - begin < limit) {
    const double ns = round_ns(500);
    best = ns < best ? ns : best;
  }
  return best;
}

// As deep as allocations of real programs are, with frame pointers: without
// them bpftrace has no stack to tell. Down once and not for each pair: after a
// trap thirty returns cost more than the pair, which is no matter of probes.
[[gnu::noinline]] double at_depth(int depth, std::chrono::milliseconds limit) {
  const double ns = depth > 0 ? at_depth(depth - 1, limit) : best_ns(limit);
  asm volatile("");
  return ns;
}

void wait() {
  char byte = 0;
  if (read(STDIN_FILENO, &byte, 1) < 0) _exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "forever") == 0) {
    while (true) round_ns(1000);
  }
  const auto limit =
      std::chrono::milliseconds(argc > 1 ? std::atoi(argv[1]) : 500);
  std::puts("ready");
  std::fflush(stdout);
  wait();
  std::printf("pair_ns %.2f\n", at_depth(30, limit));
  std::fflush(stdout);
  wait();
  return 0;
}
