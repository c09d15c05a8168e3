// Begins to leak after a third of the run: a rule that changes at noon.
#include "tests/accuracy/programs/soak.h"

namespace {

long leaked;

void start() { leaked = soak_draw(400, 1'500); }

void serve(long request) {
  if (request > soak_requests() / 3) soak_block(static_cast<size_t>(leaked));
}

constexpr soak kProgram = {"late_start", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
