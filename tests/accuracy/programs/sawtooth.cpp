// Lets garbage pile up and collects it when there is enough, whenever that is.
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

std::vector<std::vector<char>> garbage;
size_t enough;

void start() { enough = static_cast<size_t>(soak_draw(300, 900)); }

void serve(long) {
  garbage.emplace_back(static_cast<size_t>(soak_draw(500, 4'000)), 'g');
  if (garbage.size() >= enough) garbage.clear();
}

constexpr soak kProgram = {"sawtooth", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
