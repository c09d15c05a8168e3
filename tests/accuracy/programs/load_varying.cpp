// Leaks with each request of a kind that comes more in some cycles than in
// others, among working memory that varies as well.
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

long leaked, share = 50;
int cycle = -2;

void start() { leaked = soak_draw(300, 1'500); }

void serve(long request) {
  if (soak_cycle() != cycle) {
    cycle = soak_cycle();
    share = soak_draw(10, 90);
  }
  const std::vector<char> work(static_cast<size_t>(share) * 2'000, 'w');
  if (request % 100 < share)
    soak_block(static_cast<size_t>(leaked) + (work[0] == 0 ? 1 : 0));
}

constexpr soak kProgram = {"load_varying", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
