// A recording made by hand: a warm-up, then six cycles of load and idle, with a
// server that grows by 1 MiB a second under load, a worker that does not, a
// process with a hostile name, a kernel thread and one that ends; two CPUs, a
// disk, a network interface, two cgroups, and a sensor that is degraded.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/store/recording_writer.h"
#include "tui/controller.h"
#include "tui/frame_source.h"

namespace tidemark {

inline constexpr int64_t kBegin = 1'000'000'000'000;  // boot time, ns
inline constexpr int64_t kTick = 1'000'000'000;

inline BootTime at_second(double s) {
  return boot_time(kBegin + static_cast<int64_t>(s * 1e9));
}

enum Sampled : uint32_t {
  kServer,
  kWorker,
  kHostile,
  kThread,
  kShort,
  kClient,
  kHost,
  kSelf,
  kCpu0,
  kCpu1,
  kDisk,
  kNet,
  kSlice,
  kUnit,
  kScanner,
  kExact,
};
inline constexpr uint32_t kLeakingStack = 0, kBoundedStack = 1;
inline constexpr int kCycles = 6;
inline constexpr int kWarmUp = 30;
inline constexpr int kLoad = 20;
inline constexpr int kIdle = 10;
inline constexpr int kSeconds = kWarmUp + kCycles * (kLoad + kIdle);
inline constexpr std::string_view kHostileName =
    "ev\x1b[31mil\xe2\x80\xae\xe4\xb8\xad\xe6\x96\x87";

class SampleRun {
 public:
  // `closed`: with an END record.
  explicit SampleRun(bool closed = true) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    ::setlocale(LC_CTYPE, "C.UTF-8");
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            ("tui_" + std::to_string(::getpid()) + "_" +
             std::to_string(test->line()) + ".tmk");
    std::filesystem::remove(path_);
    write(closed);
  }
  ~SampleRun() { std::filesystem::remove(path_); }
  SampleRun(const SampleRun&) = delete;
  SampleRun& operator=(const SampleRun&) = delete;

  std::string path() const { return path_.string(); }
  // Everything read.
  FrameSource open() const {
    auto source = FrameSource::open(path());
    EXPECT_TRUE(source) << source.error().what;
    source->follow();
    return std::move(*source);
  }

  // Verdicts as an analysis could give them, fixed for golden text.
  static Verdicts verdicts() {
    Verdicts verdicts;
    verdicts.known = true;
    verdicts.provisional = false;
    Finding leak;
    leak.subject = SubjectId(kServer);
    leak.resource = Resource::rss_anon;
    leak.verdict = Verdict::leak;
    leak.leak_class = "heap leak";
    leak.confirmed_by = Confirmation::cycles;
    leak.slope_per_minute = {41.9e6, 41.0e6, 42.5e6, 6, "theil-sen"};
    leak.slope_per_op = Estimate{412, 398, 425, 6, "theil-sen"};
    leak.op_name = "request";
    leak.min_detectable_per_op = 12;
    leak.reason = "grows by the same amount in every cycle";
    leak.phases = {"soak/load"};
    for (int i = 0; i < kCycles; ++i) {
      leak.points.push_back({static_cast<double>(kWarmUp + (i + 1) * 30),
                             (i + 1) * 40'000.0, 48e6 + i * 20e6});
    }
    verdicts.findings.push_back(leak);
    leak.resource = Resource::heap;
    leak.sites = {leaking_site(), bounded_site()};
    verdicts.findings.insert(verdicts.findings.begin(), leak);
    Finding none;
    none.subject = SubjectId(kWorker);
    none.resource = Resource::fds;
    none.verdict = Verdict::none;
    none.slope_per_minute = {0, -0.01, 0.01, 6, "theil-sen"};
    none.min_detectable_per_minute = 0.02;
    none.reason = "flat at 64 fds";
    verdicts.findings.push_back(none);
    Finding unsure;
    unsure.subject = SubjectId(kWorker);
    unsure.resource = Resource::rss_anon;
    unsure.verdict = Verdict::inconclusive;
    unsure.reason = "too few cycles";
    unsure.needed_seconds = 180;
    verdicts.findings.push_back(unsure);
    return verdicts;
  }

 private:
  enum Metrics : uint32_t {
    kCpuUser,
    kCpuSystem,
    kAnon,
    kRss,
    kEstimate,
    kFds,
    kThreads,
    kRead,
    kWritten,
    kOps,
    kSelfCpu,
    kSelfRss,
    kDropped,
    kMemTotal,
    kMemAvailable,
    kMemAnon,
    kMemCached,
    kHostUser,
    kHostIdle,
    kCpuUserOf,
    kCpuSystemOf,
    kPressureCpu,
    kPressureIo,
    kDiskReads,
    kDiskRead,
    kDiskBusy,
    kDiskTime,
    kNetIn,
    kNetOut,
    kGroupMemory,
    kGroupLimit,
    kGroupAnon,
    kGroupCpu,
    kGroupPids,
    kDuration,
    kTickLate,
  };

  static RecordingInfo info() {
    RecordingInfo info;
    info.uuid.fill(7);
    info.anchor = {kBegin, kBegin, 1'767'225'600'000'000'000};  // 2026-01-01
    info.producer = "tidemark 0.1.0";
    info.host = "db3";
    info.interval_ns = kTick;
    info.command = {"/usr/bin/soak", "--long"};
    info.levels = {"process_scan: iter/task", "process_exact: kept-fd statm",
                   "process_life: none"};
    return info;
  }

  static Subject make_process(uint32_t id, std::string name, int32_t pid,
                              std::string role, bool watched) {
    Subject subject;
    subject.id = SubjectId(id);
    subject.kind = SubjectKind::process;
    subject.name = std::move(name);
    subject.process = {Pid{pid}, 40'000};
    subject.parent = Pid{id == kWorker ? 4112 : 1};
    subject.role = std::move(role);
    subject.watched = watched;
    if (watched) subject.cgroup = "/shop.slice/shop.service";
    subject.command = subject.name + std::string(
                                         "\0--port\0"
                                         "8080\0",
                                         13);
    return subject;
  }

  // A stack of three: operator new, who called it (by `function`), main.
  static void define_stack(RecordingWriter& writer, uint32_t id,
                           const std::string& function, uint32_t line) {
    const ModuleId shop(0);
    const uint64_t at = id * 0x1000;
    EXPECT_TRUE(writer.define(Module{shop, "/usr/bin/shopd", "\xb0\x1d"}));
    const auto name = [&](uint64_t offset, std::string what, uint32_t where) {
      EXPECT_TRUE(writer.define(AddressSymbols{
          {shop, offset}, {{std::move(what), "shop.cpp", where, false}}}));
    };
    name(at, "operator new(unsigned long)", 0);
    name(at + 1, function, line);
    name(at + 2, "Server::handle(Request&)", 41);
    name(at + 3, "main", 120);
    EXPECT_TRUE(writer.define(
        Stack{StackId(id),
              {{shop, at}, {shop, at + 1}, {shop, at + 2}, {shop, at + 3}},
              StackQuality::frame_pointer,
              id == kBoundedStack}));
  }

  static FindingSite leaking_site() {
    FindingSite site;
    site.kind = SiteKind::heap;
    site.stack = StackId(kLeakingStack);
    site.site_class = SiteClass::leak;
    site.live = {94e6, 90e6, 98e6, 1, "poisson"};
    site.live_bytes = site.taken_bytes = 94e6;
    site.residue_per_op = 412;
    site.share = 0.87;
    for (int p = 0; p < kCycles; ++p) {
      FindingSite::Cohort cohort;
      cohort.phase = "load#" + std::to_string(p + 1);
      cohort.taken = 16e6;
      for (int q = p; q < kCycles; ++q) cohort.live.push_back(15.6e6);
      site.cohorts.push_back(cohort);
    }
    return site;
  }
  static FindingSite bounded_site() {
    FindingSite site = leaking_site();
    site.stack = StackId(kBoundedStack);
    site.site_class = SiteClass::cache;
    site.live = {3e6, 2.5e6, 3.5e6, 1, "poisson"};
    site.residue_per_op = 0;
    site.share = 0.13;
    for (FindingSite::Cohort& cohort : site.cohorts) {
      for (size_t q = 0; q < cohort.live.size(); ++q) {
        cohort.live[q] = q == 0 ? 9e6 : q == 1 ? 3e6 : 0;
      }
    }
    return site;
  }

  static void define(RecordingWriter& writer) {
    define_stack(writer, kLeakingStack, "void Cart::checkout<int>(Order&)", 88);
    define_stack(writer, kBoundedStack, "Cache::put(std::string const&)", 52);
    const auto metric = [&](Metrics id, const char* name, SubjectKind subject,
                            MetricKind kind, Unit unit) {
      writer.define(Metric{MetricId(id), name, subject, kind, unit, ""});
    };
    using enum SubjectKind;
    using enum MetricKind;
    metric(kCpuUser, "cpu_user", SubjectKind::process, counter,
           Unit::nanoseconds);
    metric(kCpuSystem, "cpu_system", SubjectKind::process, counter,
           Unit::nanoseconds);
    metric(kAnon, "rss_anon", SubjectKind::process, gauge, Unit::bytes);
    metric(kRss, "rss", SubjectKind::process, gauge, Unit::bytes);
    metric(kEstimate, "rss_estimate", SubjectKind::process, gauge, Unit::bytes);
    metric(kFds, "fds", SubjectKind::process, gauge, Unit::count);
    metric(kThreads, "threads", SubjectKind::process, gauge, Unit::count);
    metric(kRead, "io_read_bytes", SubjectKind::process, counter, Unit::bytes);
    metric(kWritten, "io_write_bytes", SubjectKind::process, counter,
           Unit::bytes);
    metric(kOps, "op.request", client, counter, Unit::count);
    metric(kSelfCpu, "self.cpu", self, counter, Unit::nanoseconds);
    metric(kSelfRss, "self.rss", self, gauge, Unit::bytes);
    metric(kDropped, "self.dropped", self, counter, Unit::count);
    metric(kMemTotal, "host.mem_total", SubjectKind::system, gauge,
           Unit::bytes);
    metric(kMemAvailable, "host.mem_available", SubjectKind::system, gauge,
           Unit::bytes);
    define_host(writer, metric);
    writer.define(make_process(kServer, "shopd", 4112, "server", true));
    writer.define(make_process(kWorker, "worker", 4113, "", true));
    writer.define(
        make_process(kHostile, std::string(kHostileName), 666, "", false));
    Subject thread = make_process(kThread, "kworker/0:1", 12, "", false);
    thread.kernel_thread = true;
    thread.command.clear();
    writer.define(thread);
    writer.define(make_process(kShort, "import", 4200, "", true));
    Subject shop = make_process(kClient, "shop", 4112, "", false);
    shop.kind = client;
    writer.define(shop);
    writer.define(Subject{SubjectId(kHost), SubjectKind::system, "host"});
    writer.define(Subject{SubjectId(kSelf), self, "tidemark"});
  }

  template <typename Define>
  static void define_host(RecordingWriter& writer, const Define& metric) {
    using enum SubjectKind;
    using enum MetricKind;
    constexpr SubjectKind host = SubjectKind::system;
    constexpr Unit ns = Unit::nanoseconds;
    metric(kMemAnon, "host.mem_anon", host, gauge, Unit::bytes);
    metric(kMemCached, "host.mem_cached", host, gauge, Unit::bytes);
    metric(kHostUser, "host.cpu_user", host, counter, ns);
    metric(kHostIdle, "host.cpu_idle", host, counter, ns);
    metric(kCpuUserOf, "cpu.user", SubjectKind::cpu, counter, ns);
    metric(kCpuSystemOf, "cpu.system", SubjectKind::cpu, counter, ns);
    metric(kPressureCpu, "pressure.cpu_some", host, counter, ns);
    metric(kPressureIo, "pressure.io_some", host, counter, ns);
    metric(kDiskReads, "disk.reads", device, counter, Unit::count);
    metric(kDiskRead, "disk.read_bytes", device, counter, Unit::bytes);
    metric(kDiskBusy, "disk.busy_time", device, counter, ns);
    metric(kDiskTime, "disk.read_time", device, counter, ns);
    metric(kNetIn, "net.receive_bytes", device, counter, Unit::bytes);
    metric(kNetOut, "net.send_bytes", device, counter, Unit::bytes);
    metric(kGroupMemory, "cgroup.memory", cgroup, gauge, Unit::bytes);
    metric(kGroupLimit, "cgroup.memory_limit", cgroup, gauge, Unit::bytes);
    metric(kGroupAnon, "cgroup.memory_anon", cgroup, gauge, Unit::bytes);
    metric(kGroupCpu, "cgroup.cpu_usage", cgroup, counter, ns);
    metric(kGroupPids, "cgroup.pids", cgroup, gauge, Unit::count);
    metric(kDuration, "self.collector_duration", self, counter, ns);
    metric(kTickLate, "self.tick_late", self, gauge, ns);
    writer.define(Subject{SubjectId(kCpu0), SubjectKind::cpu, "0"});
    writer.define(Subject{SubjectId(kCpu1), SubjectKind::cpu, "1"});
    writer.define(Subject{SubjectId(kDisk), device, "sda"});
    writer.define(Subject{SubjectId(kNet), device, "eth0"});
    writer.define(Subject{SubjectId(kSlice), cgroup, "/shop.slice"});
    writer.define(
        Subject{SubjectId(kUnit), cgroup, "/shop.slice/shop.service"});
    writer.define(Subject{SubjectId(kScanner), self, "process_scan"});
    writer.define(Subject{SubjectId(kExact), self, "process_exact"});
  }

  // What is read every 5 seconds.
  template <typename Put>
  static void put_host(int second, int64_t busy, int64_t anon, const Put& put) {
    const int64_t elapsed = second * kTick;
    put(kMemTotal, kHost, int64_t{8} << 30);
    put(kMemAvailable, kHost, (int64_t{5} << 30) - anon);
    put(kMemAnon, kHost, (int64_t{1} << 30) + anon);
    put(kMemCached, kHost, int64_t{2} << 30);
    put(kHostUser, kHost, busy);
    put(kHostIdle, kHost, 2 * elapsed - busy);
    put(kCpuUserOf, kCpu0, busy * 3 / 5);
    put(kCpuUserOf, kCpu1, busy * 2 / 5);
    put(kCpuSystemOf, kCpu0, elapsed / 20);
    put(kCpuSystemOf, kCpu1, 0);
    put(kPressureCpu, kHost, busy / 4);
    put(kPressureIo, kHost, 0);
    put(kDiskReads, kDisk, second * 40);
    put(kDiskRead, kDisk, second * int64_t{1'200'000});
    put(kDiskBusy, kDisk, elapsed / 5);
    put(kDiskTime, kDisk, elapsed / 10);
    put(kNetIn, kNet, busy / 100);
    put(kNetOut, kNet, busy / 50);
    for (const uint32_t id : {kSlice, kUnit}) {
      put(kGroupMemory, id, (int64_t{100} << 20) + anon);
    }
    put(kGroupLimit, kUnit, int64_t{256} << 20);
    put(kGroupAnon, kUnit, (int64_t{70} << 20) + anon);
    put(kGroupCpu, kUnit, busy);
    put(kGroupPids, kUnit, 100);
  }

  static bool in_load(int second) {
    return second >= kWarmUp && (second - kWarmUp) % (kLoad + kIdle) < kLoad;
  }

  // Values after `second` seconds.
  static Frame frame(int second) {
    static int64_t server_cpu = 0, anon = 0, ops = 0;
    if (second == 0) server_cpu = anon = ops = 0;
    if (in_load(second)) {
      server_cpu += 1'500'000'000;
      anon += 1 << 20;
      ops += 2'000;
    }
    Frame frame;
    frame.time = at_second(second);
    frame.interval_ns = kTick;
    const auto put = [&](Metrics metric, uint32_t subject, int64_t value) {
      const MetricId id(metric);
      if (frame.columns.empty() || frame.columns.back().metric != id) {
        frame.columns.push_back({id, frame.time, Nanoseconds(0), {}, {}});
      }
      frame.columns.back().subjects.push_back(SubjectId(subject));
      frame.columns.back().values.push_back(value);
    };
    const bool alive = second < 100;  // of the short one
    put(kCpuUser, kServer, server_cpu);
    put(kCpuUser, kWorker, second * int64_t{250'000'000});
    put(kCpuUser, kHostile, 0);
    put(kCpuUser, kThread, second * int64_t{1'000'000});
    if (alive) put(kCpuUser, kShort, second * int64_t{30'000'000});
    for (const uint32_t id : {kServer, kWorker, kHostile, kThread, kShort}) {
      if (id != kShort || alive) put(kCpuSystem, id, 0);
    }
    put(kAnon, kServer, (64 << 20) + anon);
    put(kAnon, kWorker, 3'300'000);
    if (alive) put(kAnon, kShort, 500'000);
    put(kRss, kServer, (80 << 20) + anon);
    put(kRss, kWorker, 5'000'000);
    put(kEstimate, kHostile, 1'234'567);
    put(kFds, kServer, 1204);
    put(kFds, kWorker, 64);
    put(kThreads, kServer, 96);
    put(kThreads, kWorker, 4);
    put(kThreads, kHostile, 1);
    put(kThreads, kThread, 1);
    put(kRead, kServer, second * int64_t{1'200'000});
    put(kRead, kWorker, 0);
    put(kWritten, kServer, 0);
    put(kOps, kClient, ops);
    put(kSelfCpu, kSelf, second * int64_t{3'000'000});
    put(kSelfRss, kSelf, 21 << 20);
    put(kDropped, kSelf, 0);
    if (second % 5 == 0) put_host(second, server_cpu, anon, put);
    put(kDuration, kScanner, second * int64_t{400'000});
    put(kDuration, kExact, second * int64_t{90'000});
    put(kTickLate, kSelf, second % 7 * int64_t{50'000});
    if (second == 100) frame.ended = {SubjectId(kShort)};
    return frame;
  }

  static Event mark(EventKind kind, double second, std::string name,
                    PhaseKind phase = PhaseKind::custom) {
    Event event;
    event.time = at_second(second);
    event.kind = kind;
    event.subject = SubjectId(kClient);
    event.name = std::move(name);
    event.phase_kind = phase;
    return event;
  }

  // Marks at exactly this second, before its frame.
  static std::vector<Event> marks(int second) {
    using enum EventKind;
    std::vector<Event> events;
    if (second == 0) {
      events.push_back(mark(run_begin, 0, "checkout-soak"));
      events.push_back(mark(phase_begin, 0, "warm-up", PhaseKind::warmup));
    }
    if (second == kWarmUp) {
      events.push_back(mark(phase_end, second, "warm-up"));
      events.push_back(mark(phase_begin, second, "soak"));
    }
    if (second == 1) {
      Event event = mark(degraded, 1, "process_life");
      event.subject = SubjectId();
      event.text = "no BTF in this kernel; boot one with CONFIG_DEBUG_INFO_BTF";
      events.push_back(event);
    }
    if (second < kWarmUp) return events;
    const int into = (second - kWarmUp) % (kLoad + kIdle);
    const bool last = second == kSeconds;
    if (into == 0 && second > kWarmUp) {
      events.push_back(mark(phase_end, second, "idle"));
    }
    if (into == 0 && !last) {
      events.push_back(mark(phase_begin, second, "load", PhaseKind::load));
    }
    if (into == kLoad) {
      events.push_back(mark(phase_end, second, "load"));
      events.push_back(mark(phase_begin, second, "idle", PhaseKind::cooldown));
    }
    if (second == 75) {
      events.push_back(mark(note, 75, "deploy \x1b]0;owned\x07 done"));
    }
    if (last) {
      events.push_back(mark(phase_end, second, "soak"));
      events.push_back(mark(run_end, second, "checkout-soak"));
    }
    return events;
  }

  void write(bool closed) {
    auto writer = RecordingWriter::create(path(), info());
    ASSERT_TRUE(writer) << writer.error().what;
    define(*writer);
    for (int second = 0; second <= kSeconds; ++second) {
      const std::vector<Event> events = marks(second);
      if (!events.empty()) {
        ASSERT_TRUE(writer->write_events(events));
      }
      ASSERT_TRUE(writer->write_frame(frame(second), info().anchor));
    }
    if (closed) {
      ASSERT_TRUE(writer->close(at_second(kSeconds)));
    }
  }

  std::filesystem::path path_;
};

// The rows of a canvas of this size, as the controller draws it.
inline std::string screen_text(Controller& controller, int width, int height,
                               Charset charset = Charset::utf8) {
  Canvas canvas(width, height, charset);
  controller.draw(canvas, BootTime());
  return canvas.to_text();
}

inline void type(Controller& controller, std::string_view text) {
  for (const char c : text) {
    controller.handle(static_cast<Key>(static_cast<unsigned char>(c)));
  }
}

}  // namespace tidemark
