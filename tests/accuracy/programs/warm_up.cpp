// Tables are built as the first requests need them, and then no more: over in
// the third cycle or so, later than the warm-up that is marked.
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

std::vector<std::vector<char>> tables;
long until;

void start() { until = soak_requests() * soak_draw(8, 24) / 100; }

void serve(long request) {
  if (request < until)
    tables.emplace_back(static_cast<size_t>(soak_draw(800, 3'000)), 't');
}

constexpr soak kProgram = {"warm_up", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
