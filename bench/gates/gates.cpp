// Time and memory of holding a long recording (8 h, 1 Hz, 1,000 processes)
// against 50 gates. Bar: 3 s, 300 MiB.
//
//   bench_gates TIDEMARK [processes 1000] [ticks 28800] [gates 50]
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "bench/child.h"
#include "bench/report/long_recording.h"

namespace {

using namespace tidemark;

// One of each kind there is, in turn; the limits differ, so that no two are
// the same. Some select processes that nobody watches.
const char* const kKinds[] = {
    "max(rss_anon) during load < {}GiB, warn 512MiB",
    "p95(cpu) during load < {}%",
    "slope(rss_anon) per op during load < {}KiB @99%",
    "slope(rss_anon) per min < {}MiB @99%",
    "retained(fds) across cycles <= {}",
    "leak(*) in {none, saturating, startup, step, leak, suspect}",
    "p99(span.request) < {}s",
    "rate(op.request) > {}",
    "mean(cpu{comm=~'worker-1*'}) < {}%",
    "max(rss_estimate{comm='worker-500'}) < {}GiB, for 30s",
    "growth(io_bytes) per op < {}MiB",
    "median(threads{comm=~'worker-9?'}) < {}000",
    "stddev(rss_anon) during load < {}GiB",
    "rate(minor_faults{role='worker-3'}) per min < {}000000",
    "sum(major_faults) < {}0000000000",
    "max(rss_anon) during load#3 < {}GiB",
};

void write_gates(const std::string& path, int count) {
  std::ofstream file(path);
  for (int i = 0; i < count; ++i) {
    std::string expr = kKinds[static_cast<size_t>(i) % std::size(kKinds)];
    const size_t at = expr.find("{}");
    if (at != std::string::npos) expr.replace(at, 2, std::to_string(90 + i));
    file << "[[gate]]\nexpr = \"" << expr << "\"\n";
  }
}

void measure(const std::string& program, const std::string& recording,
             const std::string& gates, int count, bool quiet) {
  const bench::Cost cost =
      bench::cost_of({program, "check", recording, "--gates", gates},
                     quiet ? bench::Streams::errors : bench::Streams::ours);
  std::printf(
      "check, %d gates: %.2f s, %.2f s CPU, peak RSS %.0f MiB, exit "
      "%d\n",
      count, cost.wall_seconds, cost.cpu_seconds, cost.peak_mib,
      cost.exit_code);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: bench_gates TIDEMARK [processes] [ticks] [gates]\n");
    return 64;
  }
  bench::LongRecording run{.path = "/tmp/tidemark-bench-gates.tmk"};
  if (argc > 2) run.processes = static_cast<uint32_t>(std::atoi(argv[2]));
  if (argc > 3) run.ticks = std::atoi(argv[3]);
  const int count = argc > 4 ? std::atoi(argv[4]) : 50;
  const std::string gates = "/tmp/tidemark-bench-gates.toml";
  run.processes = std::max(run.processes, bench::kWatched);
  bench::write_long_recording(run);
  write_gates(gates, count);
  for (int i = 0; i < 3; ++i) measure(argv[1], run.path, gates, count, i > 0);
  ::unlink(run.path.c_str());
  ::unlink(gates.c_str());
  return 0;
}
