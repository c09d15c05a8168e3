// What following the growth of a process costs it: nanoseconds for a fault and
// for a map and unmap pair, with and without the probe, in turns.
//
//   bench_growth [rounds 8]
#include "probes/growth.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "daemon/procfs/process_stat.h"

namespace {

using namespace tidemark;

double now_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

void* map(size_t size) {
  void* block = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) std::exit(1);
  return block;
}

// CPU nanoseconds for each fault of a loop that does nothing else.
double fault_ns() {
  constexpr size_t kSize = 256u << 20;
  void* block = map(kSize);
  ::madvise(block, kSize, MADV_NOHUGEPAGE);
  auto* at = static_cast<volatile char*>(block);
  const double begin = now_seconds();
  for (size_t i = 0; i < kSize; i += 4096) at[i] = 1;
  const double used = now_seconds() - begin;
  ::munmap(block, kSize);
  return used * 1e9 / (kSize / 4096);
}

double map_ns() {
  constexpr int kPairs = 20'000;
  const double begin = now_seconds();
  for (int i = 0; i < kPairs; ++i) ::munmap(map(65536), 65536);
  return (now_seconds() - begin) * 1e9 / kPairs;
}

ProcessKey own_key() {
  std::string text;
  std::getline(std::ifstream("/proc/self/stat"), text);
  return procfs::parse_process_stat(text)->key();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const char* what, const std::vector<double>& without,
           const std::vector<double>& with, double bar) {
  const double a = median(without);
  const double b = median(with);
  std::printf("  %-28s %8.0f ns  %8.0f ns  %+6.1f %%", what, a, b,
              100 * (b / a - 1));
  if (bar > 0) {
    std::printf("  (bar %.0f %%)%s", bar,
                b / a - 1 <= bar / 100 ? "" : "  MISSED");
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 8;
  for (const bool perf_events : {true, false}) {
    GrowthOptions options;
    options.perf_events = perf_events;
    std::vector<double> faults[2], maps[2];
    const char* source = "";
    for (int i = 0; i < 2 * rounds; ++i) {
      const size_t on = static_cast<size_t>(i % 2);
      std::unique_ptr<GrowthProbe> probe;
      if (on == 1) {
        auto opened = GrowthProbe::open(options);
        if (!opened || !(*opened)->follow(own_key(), {})) {
          std::fprintf(stderr, "no probe here\n");
          return 1;
        }
        probe = std::move(*opened);
        source = probe->fault_source();
      }
      faults[on].push_back(fault_ns());
      maps[on].push_back(map_ns());
    }
    std::printf("page faults by %s; CPU without and with\n", source);
    print("page fault, nothing else", faults[0], faults[1], 10);
    print("mmap and munmap of 64 KiB", maps[0], maps[1], 0);
  }
  return 0;
}
