// Leaks objects that want a cache line of their own.
#include <cstring>

#include "tests/accuracy/programs/soak.h"

namespace {

struct alignas(64) Counter {
  unsigned char slots[192];
};

// A compiler may leave out a new whose object nobody looks at.
Counter* made(Counter* counter) {
  asm volatile("" : "+r"(counter) : : "memory");
  return counter;
}

void serve(long) {
  auto* counter = made(new Counter);
  std::memset(counter, 1, sizeof *counter);
  auto* other = made(new Counter);
  std::memset(other, static_cast<int>(counter->slots[0]), sizeof *other);
  delete other;
}

constexpr soak kProgram = {"aligned_new", nullptr, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
