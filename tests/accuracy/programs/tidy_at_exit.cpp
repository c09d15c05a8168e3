// Keeps a block of each request, and frees them all when it ends: a tool that
// looks at the exit finds nothing.
#include <memory>
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

std::vector<std::unique_ptr<std::vector<char>>> kept;
size_t each;

void start() { each = static_cast<size_t>(soak_draw(100, 800)); }

void serve(long) { kept.push_back(std::make_unique<std::vector<char>>(each)); }

void stop() { kept.clear(); }

constexpr soak kProgram = {"tidy_at_exit", start, serve, nullptr, stop};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
