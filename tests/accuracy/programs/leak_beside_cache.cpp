// A cache that fills to its bound, and beside it a leak.
#include <deque>
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

std::deque<std::vector<char>> cache;
size_t bound;
long leaked;

void start() {
  bound = static_cast<size_t>(soak_draw(600, 2'400));
  leaked = soak_draw(200, 900);
}

void serve(long) {
  cache.emplace_back(2'000, 'c');
  if (cache.size() > bound) cache.pop_front();
  soak_block(static_cast<size_t>(leaked));
}

constexpr soak kProgram = {"leak_beside_cache", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
