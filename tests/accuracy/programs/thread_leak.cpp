// A worker that waits for an answer which never comes; one in some hundred
// requests.
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "tests/accuracy/programs/soak.h"

namespace {

long one_in;
std::mutex mutex;
std::condition_variable never;

void start() { one_in = soak_draw(150, 380); }

void wait_for_answer() {
  std::unique_lock lock(mutex);
  never.wait(lock, [] { return false; });
}

void serve(long request) {
  if (request % one_in == 0) {
    std::thread(wait_for_answer).detach();
  } else if (request % 20 == 0) {
    std::thread([] {}).join();
  }
}

constexpr soak kProgram = {"thread_leak", start, serve, nullptr, nullptr};

}  // namespace

int main(int argc, char** argv) {
  const int code = soak_main(argc, argv, &kProgram);
  std::_Exit(code);  // others still wait
}
