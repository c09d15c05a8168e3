// What `tidemark top` costs while it shows a run of many sleeping processes
// live at 1 Hz, beside htop and atop at 1 Hz in the same terminal; then how
// soon it shows an 8 hour recording and any moment of it.
//
//   bench_tui TIDEMARK [processes 1000] [seconds 20]   live
//   bench_tui TIDEMARK seek                            the long recording
//
// Bars: the CPU of htop; first paint 300 ms; 99 of 100 seeks within 100 ms.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/child.h"
#include "bench/report/long_recording.h"
#include "bench/sampling/peer.h"
#include "bench/tui/terminal.h"
#include "tui/controller.h"
#include "tui/frame_source.h"

namespace {

using namespace tidemark;
using bench::Terminal;

constexpr int kColumns = 120, kRows = 40;
constexpr double kSettle = 6;  // the first reading of everything
constexpr int kSeeks = 1000;

struct Watched {
  const char* name;
  std::vector<std::string> command;
  std::string keys;  // typed at first
};

// Its CPU as a share of a core, over `seconds` after it has settled; printed.
double measure(const Watched& watched, int seconds) {
  Terminal terminal(watched.command, kColumns, kRows);
  terminal.watch(kSettle / 2);
  terminal.type(watched.keys);
  terminal.watch(kSettle / 2);
  const double before = bench::cpu_of_process(terminal.pid());
  const uint64_t bytes = terminal.bytes();
  terminal.watch(seconds);
  const double used = bench::cpu_of_process(terminal.pid()) - before;
  if (used <= 0) {
    std::printf("  %-24s not measured: it ended or is not installed\n",
                watched.name);
    return -1;
  }
  std::printf("  %-24s %6.2f %% of a core  %7.0f bytes a second\n",
              watched.name, 100 * used / seconds,
              static_cast<double>(terminal.bytes() - bytes) / seconds);
  std::fflush(stdout);
  return used / seconds;
}

int run_live(const std::string& program, int processes, int seconds) {
  const std::string path =
      "/tmp/tidemark-bench-tui-" + std::to_string(::getpid()) + ".tmk";
  const bench::Sleepers sleepers(processes);
  const pid_t recorder =
      bench::start({program, "record", "-o", path, "--", "sleep", "600"},
                   bench::Streams::none);
  ::sleep(static_cast<unsigned>(kSettle));
  std::printf("%d processes, 1 Hz, %d x %d:\n", processes, kColumns, kRows);
  const double overview =
      measure({"top, overview", {program, "top", path}, ""}, seconds);
  const double all =
      measure({"top, all processes", {program, "top", path}, "2w"}, seconds);
  const double htop = measure({"htop", {"htop", "-d", "10"}, ""}, seconds);
  measure({"atop", {"atop", "1"}, ""}, seconds);
  if (htop > 0) {
    std::printf("  htop / top: %.1f\n", htop / std::max(overview, all));
  }
  ::kill(recorder, SIGTERM);
  ::waitpid(recorder, nullptr, 0);
  ::unlink(path.c_str());
  return 0;
}

double milliseconds_since(std::chrono::steady_clock::time_point begin) {
  const std::chrono::duration<double, std::milli> took =
      std::chrono::steady_clock::now() - begin;
  return took.count();
}

void measure_first_paint(const std::string& program, const std::string& path) {
  std::vector<double> first, whole;
  for (int i = 0; i < 11; ++i) {
    Terminal terminal({program, "top", path}, kColumns, kRows);
    first.push_back(1000 * terminal.wait_for("worker-0", 60));
    whole.push_back(1000 * terminal.wait_for("confirmed", 60));
  }
  std::ranges::sort(first);
  std::ranges::sort(whole);
  std::printf(
      "  first paint with its processes: median %.0f ms, worst of %zu "
      "%.0f ms; read to the end and judged: median %.0f ms\n",
      first[first.size() / 2], first.size(), first.back(),
      whole[whole.size() / 2]);
}

void measure_seeks(const std::string& path) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  auto source = FrameSource::open(path);
  if (!source) std::exit(1);
  source->follow();
  Controller controller(*source, Charset::utf8, false);
  controller.set_verdicts(source->judge());
  const BootTime begin = source->history().begin();
  const Nanoseconds length = source->history().end() - begin;
  std::mt19937_64 random(1);
  std::vector<double> took;
  for (int i = 0; i < kSeeks; ++i) {
    const auto ns = static_cast<uint64_t>(length.count());
    const BootTime to =
        begin + Nanoseconds(static_cast<int64_t>(random() % ns));
    const auto start = std::chrono::steady_clock::now();
    if (!source->seek(to)) std::exit(1);
    Canvas canvas(kColumns, kRows, Charset::utf8);
    controller.draw(canvas, BootTime());
    took.push_back(milliseconds_since(start));
  }
  std::ranges::sort(took);
  std::printf(
      "  %d seeks, each drawn: median %.1f ms, p99 %.1f ms, "
      "worst %.1f ms\n",
      kSeeks, took[kSeeks / 2], took[kSeeks * 99 / 100], took.back());
}

int run_seek(const std::string& program) {
  const bench::LongRecording recording{.path = "/tmp/tidemark-bench-tui.tmk"};
  const double bytes = bench::write_long_recording(recording);
  std::printf("%d ticks of %u processes, %.1f MB:\n", recording.ticks,
              recording.processes, bytes / 1e6);
  std::fflush(stdout);
  measure_first_paint(program, recording.path);
  measure_seeks(recording.path);
  ::unlink(recording.path.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: bench_tui TIDEMARK [PROCESSES [SECONDS] | seek]\n");
    return 64;
  }
  if (argc > 2 && std::string(argv[2]) == "seek") return run_seek(argv[1]);
  const int processes = argc > 2 ? std::atoi(argv[2]) : 1000;
  return run_live(argv[1], processes, argc > 3 ? std::atoi(argv[3]) : 20);
}
