// CPU of one full look at all processes: ours beside atop, pidstat, top and
// prometheus-process-exporter, over the same sleeping children, in one run.
//
//   bench_sampling [processes 1000]
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/sampling/peer.h"
#include "core/os/system_clock.h"
#include "daemon/frame_writer.h"
#include "daemon/process_table.h"
#include "daemon/registry.h"
#include "daemon/stack_desk.h"

namespace {

using namespace tidemark;

double thread_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Ours {
  std::string level;
  size_t processes = 0;
  double seconds = 0;
};

// The scan as the daemon runs it: into the process table and a frame.
Ours measure_ours(int passes) {
  Registry registry;
  ProcessTable table(Roots{}, registry);
  const SystemClock clock;
  StackDesk stacks(registry, Roots{}.proc);
  const auto scan = all_collectors().front().make();
  const auto level = scan->start({Roots{}, registry, table, stacks, clock});
  if (!level) {
    std::fprintf(stderr, "%s\n", level.error().what.c_str());
    std::exit(1);
  }
  FrameWriter writer;
  Frame frame;
  std::vector<double> costs;
  for (int i = 0; i < passes + 2; ++i) {
    const double before = thread_cpu_seconds();
    const BootTime now = clock.now();
    writer.begin(frame, now, FrameKind::tick, std::chrono::seconds(1));
    writer.begin_reads(now);
    const Status status = scan->collect({now, FrameKind::tick}, writer);
    writer.end_reads(clock.now());
    const double cost = thread_cpu_seconds() - before;
    if (!status) {
      std::fprintf(stderr, "%s\n", status.error().what.c_str());
      std::exit(1);
    }
    if (i >= 2) costs.push_back(cost);  // the first describes everybody
    ::sleep(1);  // as all others: what is not used for a second gets cold
  }
  return {*level, table.size(), median(std::move(costs))};
}

struct Row {
  const char* name;
  double seconds;
  double bar;  // how many times dearer than ours it should be; 0: none
};

void print(const Ours& ours, const std::vector<Row>& rows) {
  std::printf("one look at %zu processes, CPU time\n\n", ours.processes);
  std::printf("  %-28s %10.3f ms\n", ("tidemark " + ours.level).c_str(),
              ours.seconds * 1e3);
  for (const Row& row : rows) {
    if (row.seconds < 0) {
      std::printf("  %-28s   not installed\n", row.name);
      continue;
    }
    const double ratio = row.seconds / ours.seconds;
    std::printf("  %-28s %10.3f ms  %7.0f x  (bar %.0f x)%s\n", row.name,
                row.seconds * 1e3, ratio, row.bar,
                ratio >= row.bar ? "" : "  MISSED");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int processes = argc > 1 ? std::atoi(argv[1]) : 1000;
  const bench::Sleepers sleepers(processes);
  const Ours ours = measure_ours(11);
  const std::string log =
      "/tmp/tidemark-bench-atop-" + std::to_string(::getpid());
  const std::vector<Row> rows = {
      {"atop -w", bench::cpu_of_sample({"atop", "-w", log, "1", "{}"}, 1, 6),
       50},
      {"pidstat -urd",
       bench::cpu_of_sample(
           {"pidstat", "-u", "-r", "-d", "-p", "ALL", "1", "{}"}, 1, 6),
       30},
      {"top -b",
       bench::cpu_of_sample({"top", "-b", "-d", "1", "-n", "{}"}, 1, 6), 20},
      {"prometheus-process-exporter", bench::cpu_of_scrape(5), 300},
  };
  ::unlink(log.c_str());
  print(ours, rows);
  return 0;
}
