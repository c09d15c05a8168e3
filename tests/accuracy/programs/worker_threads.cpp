// A thread for each twentieth request, joined when its work is done.
#include <thread>
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

void serve(long request) {
  if (request % 20 != 0) return;
  const auto size = static_cast<size_t>(soak_draw(10'000, 90'000));
  std::vector<std::thread> threads;
  const long count = soak_draw(1, 4);
  for (long i = 0; i < count; ++i) {
    threads.emplace_back([size] { const std::vector<char> work(size, 'w'); });
  }
  for (std::thread& thread : threads) thread.join();
}

constexpr soak kProgram = {"worker_threads", nullptr, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
