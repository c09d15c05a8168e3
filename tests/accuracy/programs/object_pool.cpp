// Objects go back to a free list: as many as were ever needed at once.
#include <memory>
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

using Object = std::vector<char>;
std::vector<std::unique_ptr<Object>> free_list;
long most;

void start() { most = soak_draw(60, 200); }

void serve(long) {
  std::vector<std::unique_ptr<Object>> used;
  // Seldom many at once.
  const long needed = soak_draw(1, soak_draw(1, soak_draw(1, most)));
  for (long i = 0; i < needed; ++i) {
    if (free_list.empty()) {
      used.push_back(std::make_unique<Object>(16'000, 'o'));
    } else {
      used.push_back(std::move(free_list.back()));
      free_list.pop_back();
    }
  }
  for (auto& object : used) free_list.push_back(std::move(object));
}

constexpr soak kProgram = {"object_pool", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
