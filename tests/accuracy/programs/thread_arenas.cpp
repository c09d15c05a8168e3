// Each of some threads has its own arena and works in it now and then.
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/accuracy/programs/soak.h"

namespace {

std::mutex mutex;
std::condition_variable changed;
long wanted = -1;  // the worker that has work; -1: none
size_t amount;
bool over = false;
std::vector<std::thread> workers;

void work(long self) {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [self] { return over || wanted == self; });
    if (over) return;
    std::vector<std::vector<char>> blocks;
    for (size_t i = 0; i < amount; ++i) blocks.emplace_back(3'000, 'b');
    wanted = -1;
    changed.notify_all();
  }
}

void start() {
  const long count = soak_draw(2, 8);
  for (long i = 0; i < count; ++i) workers.emplace_back(work, i);
}

void serve(long request) {
  if (request % 10 != 0) return;
  std::unique_lock lock(mutex);
  wanted = soak_draw(0, static_cast<long>(workers.size()) - 1);
  amount = static_cast<size_t>(soak_draw(5, 60));
  changed.notify_all();
  changed.wait(lock, [] { return wanted == -1; });
}

void stop() {
  {
    const std::lock_guard lock(mutex);
    over = true;
  }
  changed.notify_all();
  for (std::thread& worker : workers) worker.join();
}

constexpr soak kProgram = {"thread_arenas", start, serve, nullptr, stop};

}  // namespace

int main(int argc, char** argv) { return soak_main(argc, argv, &kProgram); }
