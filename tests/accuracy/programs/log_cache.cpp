// Remembers each key it has seen; few keys come often, most seldom, so that it
// fills ever more slowly.
#include <string>
#include <unordered_map>

#include "tests/accuracy/programs/soak.h"

namespace {

std::unordered_map<long, std::string> seen;
long keys;

void start() { keys = soak_draw(2'000, 6'000); }

void serve(long) {
  // Low keys come far more often than high ones.
  const long most = soak_draw(1, keys);
  seen.try_emplace(soak_draw(1, soak_draw(1, most)), std::string(1'500, 's'));
}

constexpr soak kProgram = {"log_cache", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
