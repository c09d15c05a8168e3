// A cache that throws out the entry used longest ago; full before half of the
// run is over.
#include <list>
#include <unordered_map>
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

struct Entry {
  long key;
  std::vector<char> page;
};
std::list<Entry> entries;
std::unordered_map<long, std::list<Entry>::iterator> by_key;
size_t bound;
long keys;

void start() {
  bound = static_cast<size_t>(soak_draw(500, 1'500));
  keys = soak_draw(4'000, 20'000);
}

void serve(long) {
  const long key = soak_draw(1, keys);
  if (const auto found = by_key.find(key); found != by_key.end()) {
    entries.splice(entries.begin(), entries, found->second);
    return;
  }
  entries.push_front({key, std::vector<char>(3'000, 'p')});
  by_key[key] = entries.begin();
  if (entries.size() <= bound) return;
  by_key.erase(entries.back().key);
  entries.pop_back();
}

constexpr soak kProgram = {"lru_cache", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
