#include "bench/report/long_recording.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "core/store/recording_writer.h"

namespace tidemark::bench {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

void check(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().what.c_str());
  std::_Exit(1);
}

struct Series {
  const char* name;
  bool watched;  // read of watched processes only
  int period;    // ticks
  MetricKind kind;
};
constexpr auto kCounter = MetricKind::counter;
constexpr auto kGauge = MetricKind::gauge;
constexpr Series kSeries[] = {
    {"cpu_user", false, 1, kCounter},
    {"cpu_system", false, 1, kCounter},
    {"minor_faults", false, 1, kCounter},
    {"major_faults", false, 1, kCounter},
    {"io_read_bytes", false, 1, kCounter},
    {"io_write_bytes", false, 1, kCounter},
    {"io_rchar", false, 1, kCounter},
    {"io_wchar", false, 1, kCounter},
    {"threads", false, 1, kGauge},
    {"voluntary_switches", false, 1, kCounter},
    {"involuntary_switches", false, 1, kCounter},
    {"run_delay", false, 1, kCounter},
    {"rss_estimate", false, 1, kGauge},
    {"rss_anon", true, 1, kGauge},
    {"fds", true, 1, kGauge},
    {"rss_shmem", true, 30, kGauge},
    {"swap", true, 30, kGauge},
    {"sockets", true, 30, kGauge},
    {"mappings", true, 30, kGauge},
    {"children", true, 30, kGauge},
};
constexpr uint32_t kOps = std::size(kSeries);
constexpr uint32_t kSpan = kOps + 1;
constexpr uint32_t kSiteLive = kSpan + 1, kSiteTaken = kSpan + 2;
constexpr int kSitePeriod = 30, kCycle = 720;
constexpr uint32_t kDepth = 12;

class Host {
 public:
  explicit Host(const LongRecording& plan) : plan_(plan) {
    values_.resize(std::size(kSeries));
    for (auto& column : values_) {
      for (uint32_t i = 0; i < plan.processes; ++i) {
        const bool is_total =
            kSeries[&column - values_.data()].kind == kCounter;
        column.push_back(is_total ? draw(100'000'000) : draw(64));
      }
    }
  }

  void define(RecordingWriter& writer) const {
    for (uint32_t i = 0; i < std::size(kSeries); ++i) {
      writer.define(Metric{.id = MetricId(i),
                           .name = kSeries[i].name,
                           .subject = SubjectKind::process,
                           .kind = kSeries[i].kind});
    }
    writer.define(Metric{.id = MetricId(kOps),
                         .name = "op.request",
                         .subject = SubjectKind::client,
                         .kind = kCounter});
    writer.define(Metric{.id = MetricId(kSpan),
                         .name = "span.request",
                         .subject = SubjectKind::client,
                         .kind = MetricKind::histogram});
    for (uint32_t i = 0; i < plan_.processes; ++i) {
      writer.define(subject(i, SubjectKind::process));
    }
    Subject client = subject(0, SubjectKind::client);
    client.id = SubjectId(plan_.processes);
    writer.define(client);
    if (plan_.stacks > 0) define_sites(writer);
  }

  void fill(Frame& frame, int tick) {
    frame = {};
    frame.time = boot_time((tick + 1) * kSecond);
    frame.interval_ns = kSecond;
    work(tick);
    for (uint32_t m = 0; m < std::size(kSeries); ++m) {
      if (tick % kSeries[m].period != 0) continue;
      Column& column = frame.columns.emplace_back();
      column.metric = MetricId(m);
      column.read_begin = frame.time + Nanoseconds(draw(65'536));
      column.read_span = Nanoseconds(400'000 + draw(65'536));
      const uint32_t count = kSeries[m].watched ? kWatched : plan_.processes;
      for (uint32_t i = 0; i < count; ++i) {
        column.subjects.emplace_back(i);
        column.values.push_back(values_[m][i]);
      }
    }
    Column& ops = frame.columns.emplace_back();
    ops.metric = MetricId(kOps);
    ops.read_begin = frame.time;
    ops.subjects.emplace_back(plan_.processes);
    ops.values.push_back(ops_);
    frame.histograms.push_back({MetricId(kSpan), SubjectId(plan_.processes),
                                ops_ * 1'000'000, 5'000'000, buckets_});
    if (plan_.stacks > 0 && tick % kSitePeriod == 0) read_sites(frame, tick);
  }

 private:
  // A process's site of a stack, of what a cycle took there.
  SubjectId site(uint32_t process, uint32_t stack, uint32_t cycle) const {
    const uint32_t in_cycle = process * plan_.stacks + stack;
    return SubjectId(plan_.processes + 1 + cycle * kWatched * plan_.stacks +
                     in_cycle);
  }
  uint32_t cycles() const {
    return static_cast<uint32_t>((plan_.ticks + kCycle - 1) / kCycle);
  }
  void define_sites(RecordingWriter& writer) const {
    for (const auto& [id, name] : {std::pair{kSiteLive, "site.live_bytes"},
                                   {kSiteTaken, "site.alloc_bytes"}}) {
      writer.define(Metric{.id = MetricId(id),
                           .name = name,
                           .subject = SubjectKind::site,
                           .kind = id == kSiteTaken ? kCounter : kGauge});
    }
    (void)writer.define(Module{ModuleId(0), "/opt/bench/server", "\x01\x02"});
    for (uint32_t s = 0; s < plan_.stacks; ++s) define_stack(writer, s);
    for (uint32_t c = 0; c < cycles(); ++c) {
      for (uint32_t i = 0; i < kWatched * plan_.stacks; ++i) {
        Subject one;
        one.id = site(0, i, c);
        one.kind = SubjectKind::site;
        one.name = "load";
        one.owner = SubjectId(i / plan_.stacks);
        one.site_kind = SiteKind::heap;
        one.stack = StackId(i % plan_.stacks + 1);
        one.cohort = 2 * c + 1;
        writer.define(one);
      }
    }
  }
  static void define_stack(RecordingWriter& writer, uint32_t s) {
    Stack stack;
    stack.id = StackId(s + 1);
    for (uint32_t depth = 0; depth < kDepth; ++depth) {
      // The outer half is shared by all.
      const uint32_t place = depth < kDepth / 2 ? s * kDepth + depth : depth;
      const StackAddress address{ModuleId(0), 0x1000 + 16 * uint64_t{place}};
      stack.addresses.push_back(address);
      const std::string name = "handler" + std::to_string(place) + "::run()";
      (void)writer.define(
          AddressSymbols{address, {{name, "src/handler.cpp", place, false}}});
    }
    (void)writer.define(stack);
  }
  void read_sites(Frame& frame, int tick) const {
    for (const uint32_t metric : {kSiteLive, kSiteTaken}) {
      Column& column = frame.columns.emplace_back();
      column.metric = MetricId(metric);
      column.read_begin = frame.time;
      const auto now = static_cast<uint32_t>(tick / kCycle);
      for (uint32_t c = 0; c <= now; ++c) {
        const int within = std::min(tick - static_cast<int>(c) * kCycle, 600);
        for (uint32_t i = 0; i < kWatched * plan_.stacks; ++i) {
          const bool is_kept = i % 10 == 0 || c == now || metric == kSiteTaken;
          column.subjects.push_back(site(0, i, c));
          column.values.push_back(is_kept ? within * int64_t{4096} : 0);
        }
      }
    }
  }
  int64_t draw(uint32_t below) {
    return static_cast<int64_t>(random_() % below);
  }
  Subject subject(uint32_t i, SubjectKind kind) const {
    return {.id = SubjectId(i),
            .kind = kind,
            .name = "worker-" + std::to_string(i),
            .process = {Pid{static_cast<int32_t>(900 + i)}, 50 + i},
            .watched = i < kWatched};
  }
  void change(uint32_t i) {
    for (const uint32_t m : {0u, 1u, 2u, 9u, 11u}) {
      values_[m][i] += draw(100'000);
    }
  }
  void work(int tick) {
    const uint32_t active = plan_.processes * plan_.active_percent / 100;
    for (uint32_t n = 0; n < active; ++n) {
      change(static_cast<uint32_t>(draw(plan_.processes)));
    }
    const bool is_load = tick % 720 < 600;  // 10 of each 12 minutes
    for (uint32_t i = 0; i < kWatched; ++i) {
      change(i);
      values_[13][i] = 100'000'000 + i * 4 * ops_ + draw(2000) * 4096;
      values_[14][i] = 30 + draw(8);
    }
    if (!is_load) return;
    for (int n = 0; n < 1000; ++n) {
      ++ops_;
      const auto at = static_cast<size_t>(draw(300));
      while (buckets_.size() <= at) {
        buckets_.push_back({static_cast<uint32_t>(9000 + buckets_.size()), 0});
      }
      ++buckets_[at].second;
    }
  }

  const LongRecording& plan_;
  std::vector<std::vector<int64_t>> values_;
  std::vector<std::pair<uint32_t, uint64_t>> buckets_;
  int64_t ops_ = 0;
  std::mt19937 random_{1};
};

void mark(RecordingWriter& writer, const LongRecording& plan, int tick,
          EventKind kind, const char* name, PhaseKind phase_kind) {
  Event event;
  event.time = boot_time((tick + 1) * kSecond);
  event.kind = kind;
  event.name = name;
  event.phase_kind = phase_kind;
  event.subject = SubjectId(plan.processes);
  event.sequence = static_cast<uint64_t>(tick);
  check(writer.write_events({&event, 1}));
}

void mark_phases(RecordingWriter& writer, const LongRecording& plan, int tick) {
  if (tick % 720 == 0) {
    if (tick > 0) {
      mark(writer, plan, tick, EventKind::phase_end, "rest", {});
    }
    mark(writer, plan, tick, EventKind::phase_begin, "load", PhaseKind::load);
  } else if (tick % 720 == 600) {
    mark(writer, plan, tick, EventKind::phase_end, "load", {});
    mark(writer, plan, tick, EventKind::phase_begin, "rest",
         PhaseKind::cooldown);
  }
}

}  // namespace

double write_long_recording(const LongRecording& plan) {
  ::unlink(plan.path.c_str());
  RecordingInfo info;
  info.producer = "bench";
  auto writer = RecordingWriter::create(plan.path, info);
  if (!writer) check(std::unexpected(writer.error()));
  Host host(plan);
  host.define(*writer);
  Frame frame;
  for (int tick = 0; tick < plan.ticks; ++tick) {
    host.fill(frame, tick);
    mark_phases(*writer, plan, tick);
    check(writer->write_frame(frame, {}));
  }
  check(writer->close(boot_time((plan.ticks + 1) * kSecond)));
  return static_cast<double>(writer->bytes_written());
}

}  // namespace tidemark::bench
