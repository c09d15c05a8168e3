// CPU and memory of the whole of `tidemark record` at 1 Hz over many sleeping
// processes, the recording written.
//
//   bench_record_cost TIDEMARK [processes 1000] [seconds 20]
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/child.h"
#include "bench/sampling/peer.h"

namespace {

using namespace tidemark;

// A "key: value kB" line of /proc/PID/status in MiB; negative: none.
double status_mib(pid_t pid, const std::string& key) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) {
      return std::atof(line.c_str() + key.size() + 1) / 1024;
    }
  }
  return -1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_record_cost TIDEMARK [N] [SECONDS]\n");
    return 64;
  }
  const int processes = argc > 2 ? std::atoi(argv[2]) : 1000;
  const int seconds = argc > 3 ? std::atoi(argv[3]) : 20;
  const std::string recording =
      "/tmp/tidemark-bench-record-" + std::to_string(::getpid()) + ".tmk";
  const bench::Sleepers sleepers(processes);
  // Its first seconds go into describing every process once: told apart.
  constexpr int kStart = 5;
  const pid_t pid =
      bench::start({argv[1], "record", "-o", recording, "--", "sleep",
                    std::to_string(seconds + 2 * kStart)},
                   bench::Streams::errors);
  ::sleep(kStart);
  const double first = bench::cpu_of_process(pid);
  const auto begin = std::chrono::steady_clock::now();
  ::sleep(static_cast<unsigned>(seconds));
  const double used = bench::cpu_of_process(pid) - first;
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - begin;
  const double rss = status_mib(pid, "VmRSS");
  const double peak = status_mib(pid, "VmHWM");
  ::waitpid(pid, nullptr, 0);
  std::error_code error;
  const auto size = std::filesystem::file_size(recording, error);
  std::filesystem::remove(recording, error);
  std::printf(
      "tidemark record, 1 Hz, %d processes: %.2f %% of a core, RSS %.1f MiB, "
      "peak %.1f MiB; first %d s: %.2f s of CPU; recording %.0f KiB\n",
      processes, 100 * used / took.count(), rss, peak, kStart, first,
      static_cast<double>(size) / 1024);
  return rss < 0 ? 1 : 0;
}
