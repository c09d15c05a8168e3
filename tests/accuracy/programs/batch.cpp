// A batch job every few cycles holds a lot for a while.
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

std::vector<std::vector<char>> batch;
long every, length;

void start() {
  every = soak_draw(800, 2'000);
  length = soak_draw(100, 500);
}

void serve(long request) {
  const long at = request % every;
  if (at < length)
    batch.emplace_back(static_cast<size_t>(soak_draw(2'000, 10'000)), 'b');
  if (at == length + 100) std::vector<std::vector<char>>().swap(batch);
}

constexpr soak kProgram = {"batch", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
