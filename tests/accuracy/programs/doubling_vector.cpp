// A vector that is never emptied: its capacity doubles, ever more seldom, and
// each time all of it moves to a new block.
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

struct Entry {
  char bytes[96];
};
std::vector<Entry> entries;
long each;

void start() { each = soak_draw(2, 8); }

void serve(long request) {
  for (long i = 0; i < each; ++i) {
    entries.push_back({});
    entries.back().bytes[0] = static_cast<char>(request);
  }
}

constexpr soak kProgram = {"doubling_vector", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
