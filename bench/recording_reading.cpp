// Writes a synthetic recording of a busy host and streams through it: how long
// reading, seeking and the overview take, and how much memory they need.
//
//   recording_reading [processes 1000] [ticks 28800] [active percent 5] [path]
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "core/store/recording_reader.h"
#include "core/store/recording_writer.h"

namespace {

using namespace tidemark;

constexpr uint32_t kProcessMetrics = 13;
constexpr uint32_t kHostMetrics = 150;
constexpr int64_t kSecond = 1'000'000'000;

struct Plan {
  uint32_t processes = 1000;
  int ticks = 28'800;
  int active_percent = 5;
  std::string path = "/tmp/tidemark-bench-reading.tmk";
};

double now_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

double peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void check(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().what.c_str());
  std::exit(1);
}

// Processes of which some work in each tick, and a host read every fifth.
class Host {
 public:
  explicit Host(const Plan& plan) : plan_(plan) {}

  void define(RecordingWriter& writer) {
    for (uint32_t id = 0; id < kProcessMetrics + kHostMetrics; ++id) {
      const bool process = id < kProcessMetrics;
      writer.define(Metric{
          .id = MetricId(id),
          .name = (process ? "metric_" : "host.metric_") + std::to_string(id),
          .subject = process ? SubjectKind::process : SubjectKind::system,
          .kind = id % 7 == 0 ? MetricKind::gauge : MetricKind::counter,
          .unit = Unit::count,
          .help = "What this metric is, in one sentence."});
    }
    writer.define(Subject{.id = SubjectId(0), .name = "host"});
    for (uint32_t id = 1; id <= plan_.processes; ++id) {
      writer.define(Subject{
          .id = SubjectId(id),
          .kind = SubjectKind::process,
          .name = "worker-" + std::to_string(id % 40),
          .process = {Pid{static_cast<int32_t>(900 + id)}, 5000 + id * 7},
          .parent = Pid{1},
          .command = "/usr/bin/worker\0--id\0" + std::to_string(id),
          .cgroup = "/system.slice/worker.service"});
    }
  }

  void fill(Frame& frame, int tick) {
    frame.time = boot_time((tick + 1) * kSecond);
    frame.interval_ns = kSecond;
    if (frame.columns.empty()) start(frame);
    for (uint32_t m = 0; m < kProcessMetrics; ++m) {
      Column& column = frame.columns[m];
      column.read_begin = frame.time + Nanoseconds(100'000 + jitter());
      column.read_span = Nanoseconds(400'000 + jitter());
    }
    const bool host_due = tick % 5 == 0;
    for (uint32_t m = 0; m < kHostMetrics; ++m) fill_host(frame, m, host_due);
    const auto active =
        plan_.processes * static_cast<uint32_t>(plan_.active_percent) / 100;
    for (uint32_t i = 0; i < active; ++i) {
      const size_t process = random_() % plan_.processes;
      for (const uint32_t m : {0u, 1u, 7u, 9u, 12u}) {
        frame.columns[m].values[process] += draw(100'000);
      }
    }
  }

 private:
  int64_t draw(uint32_t below) {
    return static_cast<int64_t>(random_() % below);
  }
  int64_t jitter() { return draw(65'536); }

  void start(Frame& frame) {
    frame.columns.resize(kProcessMetrics + kHostMetrics);
    for (uint32_t m = 0; m < frame.columns.size(); ++m) {
      frame.columns[m].metric = MetricId(m);
    }
    for (uint32_t m = 0; m < kProcessMetrics; ++m) {
      Column& column = frame.columns[m];
      for (uint32_t id = 1; id <= plan_.processes; ++id) {
        column.subjects.emplace_back(id);
        const bool zero = m % 3 == 2;
        column.values.push_back(
            zero ? 0 : static_cast<int64_t>(random_() % 100'000'000));
      }
    }
  }

  void fill_host(Frame& frame, uint32_t m, bool due) {
    Column& column = frame.columns[kProcessMetrics + m];
    column.subjects.clear();
    if (column.values.empty()) column.values.push_back(0);
    if (m % 2 == 0) column.values[0] += draw(5000);
    if (due) column.subjects.emplace_back(0);
    column.read_begin = frame.time + Nanoseconds(900'000);
    column.values.resize(1);
  }

  Plan plan_;
  std::mt19937 random_{1};
};

void write(const Plan& plan) {
  ::unlink(plan.path.c_str());
  RecordingInfo info;
  info.producer = "bench";
  auto writer = RecordingWriter::create(plan.path, info);
  if (!writer) check(std::unexpected(writer.error()));
  Host host(plan);
  host.define(*writer);
  Frame frame;
  double spent = 0;
  for (int tick = 0; tick < plan.ticks; ++tick) {
    host.fill(frame, tick);
    Frame due = frame;
    std::erase_if(due.columns,
                  [](const Column& c) { return c.subjects.empty(); });
    const double begin = now_seconds();
    check(writer->write_frame(due, {}));
    spent += now_seconds() - begin;
  }
  check(writer->close(boot_time((plan.ticks + 1) * kSecond)));
  const auto bytes = static_cast<double>(writer->bytes_written());
  std::printf(
      "written: %d ticks of %u processes, %.1f MB, %.0f B/tick, "
      "%.1f MB/day at 1 Hz, %.0f us/tick\n",
      plan.ticks, plan.processes, bytes / 1e6, bytes / plan.ticks,
      bytes / plan.ticks * 86'400 / 1e6, spent / plan.ticks * 1e6);
}

void read(const Plan& plan) {
  const double before = peak_mib();
  auto reader = RecordingReader::open(plan.path);
  if (!reader) check(std::unexpected(reader.error()));
  double begin = now_seconds();
  int64_t ticks = 0;
  int64_t values = 0;
  while (auto item = reader->next()) {
    if (item->frame == nullptr) continue;
    ++ticks;
    for (const Column& column : item->frame->columns) {
      values += std::ssize(column.values);
    }
  }
  std::printf(
      "streamed: %ld ticks, %ld values, %.2f s, peak RSS %.0f MiB "
      "(%.0f before)\n",
      ticks, values, now_seconds() - begin, peak_mib(), before);
  begin = now_seconds();
  int64_t series = 0;
  check(reader->for_each_summary([&](const ChapterSummary& summary) {
    series += std::ssize(summary.series);
  }));
  std::printf("overview: %ld series, %.2f s, peak RSS %.0f MiB\n", series,
              now_seconds() - begin, peak_mib());
  double worst = 0;
  for (int i = 0; i < 40; ++i) {
    begin = now_seconds();
    const int64_t tick = int64_t{plan.ticks} * ((i * 17) % 40) / 40;
    check(reader->seek(boot_time(tick * kSecond)));
    if (!reader->next()) std::printf("nothing after a seek\n");
    worst = std::max(worst, now_seconds() - begin);
  }
  std::printf("seek: worst of 40 %.1f ms\n", worst * 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  if (argc > 1) plan.processes = static_cast<uint32_t>(std::atoi(argv[1]));
  if (argc > 2) plan.ticks = std::atoi(argv[2]);
  if (argc > 3) plan.active_percent = std::atoi(argv[3]);
  if (argc > 4) plan.path = argv[4];
  // Writing in a child: its memory is not reading's.
  if (const pid_t child = ::fork(); child == 0) {
    write(plan);
    std::fflush(stdout);
    ::_exit(0);
  } else {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) return 1;
  }
  read(plan);
  ::unlink(plan.path.c_str());
  return 0;
}
