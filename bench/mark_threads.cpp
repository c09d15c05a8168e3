#include "bench/mark_threads.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <thread>

namespace tidemark::bench {
namespace {

constexpr int kBatch = 256;
constexpr std::array<int, 7> kThreads = {1, 2, 4, 8, 16, 32, 64};

int64_t cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// What reading the thread's CPU clock takes.
double timing_ns() {
  constexpr int kReads = 10'000;
  const int64_t begin = cpu_ns();
  for (int i = 0; i < kReads; ++i) cpu_ns();
  return static_cast<double>(cpu_ns() - begin) / kReads;
}

double measure(const ThreadedCall& subject, int threads, double timing) {
  const int batches = std::max(20, 400 / threads);
  std::vector<double> all;
  std::mutex mutex;
  std::atomic<int> ready = 0;
  const auto work = [&] {
    subject.call();  // claims its lane
    ++ready;
    while (ready < threads) std::this_thread::yield();
    std::vector<double> own;
    for (int b = 0; b < batches; ++b) {
      subject.before();
      const int64_t begin = cpu_ns();
      for (int i = 0; i < kBatch; ++i) subject.call();
      const auto took = static_cast<double>(cpu_ns() - begin);
      own.push_back(std::max(0.0, took - timing) / kBatch);
    }
    const std::lock_guard lock(mutex);
    all.insert(all.end(), own.begin(), own.end());
  };
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(work);
  for (std::thread& thread : running) thread.join();
  std::nth_element(all.begin(),
                   all.begin() + static_cast<ptrdiff_t>(all.size() / 2),
                   all.end());
  return all[all.size() / 2];
}

}  // namespace

void print_threads_table(const std::vector<ThreadedCall>& calls) {
  std::printf("\nns of CPU time per call, of as many threads at once:\n%-12s",
              "");
  for (const int threads : kThreads) std::printf(" %8d", threads);
  std::printf("\n");
  const double timing = timing_ns();
  for (const ThreadedCall& subject : calls) {
    std::printf("%-12s", subject.name.c_str());
    for (const int threads : kThreads) {
      std::printf(" %8.1f", measure(subject, threads, timing));
      std::fflush(stdout);
    }
    std::printf("\n");
  }
}

}  // namespace tidemark::bench
