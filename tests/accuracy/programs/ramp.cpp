// The number of sessions follows the number of users, which rises for half of
// the run and falls again.
#include <algorithm>
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

std::vector<std::vector<char>> sessions;
size_t most;

void start() { most = static_cast<size_t>(soak_draw(500, 1'500)); }

void serve(long request) {
  const double part =
      static_cast<double>(request) / static_cast<double>(soak_requests());
  const double height = std::min({2.5 * part, 1.0, 2.5 * (1 - part)});
  const auto wanted = static_cast<size_t>(height * static_cast<double>(most));
  if (sessions.size() < wanted) sessions.emplace_back(4'000, 's');
  if (sessions.size() > wanted) sessions.pop_back();
}

constexpr soak kProgram = {"ramp", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
