// A hash table that grows with the accounts there are, by doubling its
// buckets; new accounts end before half of the run is over.
#include <string>
#include <unordered_map>

#include "tests/accuracy/programs/soak.h"

namespace {

std::unordered_map<long, std::string> accounts;
long most;

void start() { most = soak_requests() * soak_draw(20, 45) / 100; }

void serve(long request) {
  const long account = request < most ? request : soak_draw(0, most - 1);
  accounts[account].assign(static_cast<size_t>(soak_draw(500, 1'000)), 'a');
}

constexpr soak kProgram = {"bounded_table", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
