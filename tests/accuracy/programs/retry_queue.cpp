// What fails is queued and tried again; the queue is long at times and never
// for ever.
#include <deque>
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

std::deque<std::vector<char>> queue;
bool is_down = false;

void serve(long request) {
  if (request % 150 == 0) is_down = soak_draw(0, 2) == 0;
  if (is_down) {
    queue.emplace_back(static_cast<size_t>(soak_draw(1'000, 8'000)), 'q');
    return;
  }
  for (int i = 0; i < 3 && !queue.empty(); ++i) queue.pop_front();
}

constexpr soak kProgram = {"retry_queue", nullptr, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
