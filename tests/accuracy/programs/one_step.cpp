// Loads one more index at some moment, and works on as before.
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

std::vector<std::vector<char>> index_blocks;
long when;

void start() { when = soak_requests() * soak_draw(20, 80) / 100; }

void serve(long request) {
  if (request == when) {
    const long count = soak_draw(200, 900);
    for (long i = 0; i < count; ++i) index_blocks.emplace_back(8'000, 'i');
  }
  const std::vector<char> work(static_cast<size_t>(soak_draw(1'000, 9'000)),
                               'w');
}

constexpr soak kProgram = {"one_step", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
