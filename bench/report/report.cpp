// Time and memory of `tidemark report` on a long recording: 8 hours at 1 Hz of
// 1,000 processes, 8 of them watched under 40 cycles of load and rest.
//
//   bench_report TIDEMARK [processes 1000] [ticks 28800] [active percent 5]
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/child.h"
#include "bench/report/long_recording.h"

namespace {

using namespace tidemark;

struct Plan {
  std::string program;
  bench::LongRecording recording{.path = "/tmp/tidemark-bench-report.tmk",
                                 .stacks = 30};
  std::string output = "/tmp/tidemark-bench-report.out";
};

void measure(const Plan& plan, const char* format) {
  const bench::Cost cost =
      bench::cost_of({plan.program, "report", plan.recording.path, "-f", format,
                      "-o", plan.output, "--gates", "soak"},
                     bench::Streams::ours);
  struct stat file{};
  ::stat(plan.output.c_str(), &file);
  std::printf(
      "report -f %-11s %.2f s, %.2f s CPU, peak RSS %.0f MiB, %.0f kB, exit "
      "%d\n",
      format, cost.wall_seconds, cost.cpu_seconds, cost.peak_mib,
      static_cast<double>(file.st_size) / 1000, cost.exit_code);
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: bench_report TIDEMARK [processes] [ticks] "
                 "[active percent]\n");
    return 64;
  }
  plan.program = argv[1];
  if (argc > 2)
    plan.recording.processes = static_cast<uint32_t>(std::atoi(argv[2]));
  if (argc > 3) plan.recording.ticks = std::atoi(argv[3]);
  if (argc > 4) {
    plan.recording.active_percent = static_cast<uint32_t>(std::atoi(argv[4]));
  }
  bench::LongRecording& recording = plan.recording;
  recording.processes = std::max(recording.processes, bench::kWatched);
  const double bytes = bench::write_long_recording(recording);
  std::printf("recording: %d ticks of %u processes, %u watched, %.1f MB\n",
              recording.ticks, recording.processes, bench::kWatched,
              bytes / 1e6);
  std::fflush(stdout);
  for (const char* format :
       {"text", "text", "html", "html", "json", "md", "csv", "junit",
        "openmetrics", "perfetto", "pprof", "folded", "svg"}) {
    measure(plan, format);
  }
  ::unlink(plan.recording.path.c_str());
  ::unlink(plan.output.c_str());
  return 0;
}
