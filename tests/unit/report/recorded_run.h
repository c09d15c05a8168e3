// Synthetic runs (tests/unit/analysis/synthetic_run.h) written to disk by the
// real writer under a fixed clock, and their reports.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "core/store/recording_writer.h"
#include "report/report.h"
#include "tests/unit/analysis/site_soak.h"

namespace tidemark::synthetic {

inline constexpr ClockAnchor kAnchor{1'000'000'000'000, 900'000'000'000,
                                     1'800'000'000'000'000'000};

inline RecordingInfo recording_info() {
  RecordingInfo info;
  info.anchor = kAnchor;
  info.producer = "tidemark test";
  info.host = "testbox";
  info.kernel = "6.1.0";
  info.cpu_model = "Test CPU";
  info.cpu_count = 4;
  info.memory_bytes = int64_t{8} << 30;
  info.interval_ns = 1'000'000'000;
  info.command = {"./serve", "--port", "8080"};
  info.levels = {"process_scan: iter/task", "process_exact: kept-fd statm"};
  return info;
}

class RecordingFile {
 public:
  explicit RecordingFile(const std::string& name)
      : path_(::testing::TempDir() + "tidemark-report-" +
              std::to_string(::getpid()) + "-" + name + ".tmk") {
    std::filesystem::remove(path_);
  }
  ~RecordingFile() { std::filesystem::remove(path_); }
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void write(const std::string& path, RunModel& run, double seconds,
                  bool closed = true,
                  const RecordingInfo& info = recording_info()) {
  auto writer = RecordingWriter::create(path, info);
  ASSERT_TRUE(writer) << writer.error().what;
  for (const Metric& metric : run.dictionary().metrics()) {
    writer->define(metric);
  }
  for (const Subject& subject : run.dictionary().subjects()) {
    writer->define(subject);
  }
  ASSERT_TRUE(run.stacks.empty() || writer->define(run.module));
  for (const Stack& stack : run.stacks) ASSERT_TRUE(writer->define(stack));
  for (const AddressSymbols& symbols : run.symbols) {
    ASSERT_TRUE(writer->define(symbols));
  }
  for (const Item& item : run.items(seconds, false)) {
    Status status;
    if (const auto* frame = std::get_if<FrameItem>(&item)) {
      status = writer->write_frame(frame->frame, info.anchor);
    } else if (const auto* event = std::get_if<Event>(&item)) {
      status = writer->write_events({event, 1});
    } else {
      const auto& gap = std::get<GapItem>(item);
      status = writer->write_gap(gap.from, gap.to, gap.ticks, gap.reason);
    }
    ASSERT_TRUE(status) << status.error().what;
  }
  if (closed) {
    ASSERT_TRUE(writer->close(at(seconds)));
  }
}

// The report with the path left out, which is the test's own.
inline ReportData load(const std::string& path) {
  auto data = load_report(path);
  EXPECT_TRUE(data) << (data ? "" : data.error().what);
  if (!data) return {};
  data->path = "run.tmk";
  return std::move(*data);
}

inline std::string render(const ReportData& data, const char* format,
                          const FormatOptions& options = {}) {
  const auto text = render_report(data, format, options);
  EXPECT_TRUE(text);
  return text ? *text : "";
}

// Twelve cycles of load and rest after a warm-up, two processes: a server that
// keeps `kept` bytes and `fds` descriptors per checkout, and a cache that does
// not.
inline RunModel shop(double kept, double fds = 0) {
  constexpr double kMiB = 1 << 20;
  RunModel run;
  const SubjectId server = run.process("shop_server", 4112, "server", -60);
  const SubjectId cache = run.process("redis-server", 4113, "", -60);
  const SubjectId client = run.client("shop", server);
  // 100 checkouts per second in the first 20 of each 30 s after the warm-up.
  const auto ops = [](double t) {
    const double cycle = std::floor(std::max(t - 30, 0.0) / 30);
    const double within = std::max(t - 30, 0.0) - 30 * cycle;
    return std::floor(100 * (20 * cycle + std::min(within, 20.0)));
  };
  const auto noise = [](double t) {
    return 4096 * std::floor(8 * std::sin(t * 12.9898) * std::sin(t * 78.233));
  };
  run.figure(client, "op.checkout", ops);
  run.figure(server, "rss_anon", [=](double t) {
    const double warm = 20 * kMiB * std::min(t, 30.0) / 30;
    return 200 * kMiB + warm + kept * ops(t) + noise(t);
  });
  run.figure(server, "fds", [=](double t) { return 30 + fds * ops(t); });
  run.figure(server, "threads", [](double) { return 9; });
  run.figure(server, "cpu_user", [=](double t) { return 4e5 * ops(t); });
  run.figure(server, "cpu_system", [=](double t) { return 1e5 * ops(t); });
  run.figure(server, "io_write_bytes", [=](double t) { return 100 * ops(t); });
  run.figure(cache, "rss_anon",
             [=](double t) { return 12 * kMiB + noise(t + 7); });
  run.figure(cache, "fds", [](double) { return 14; });
  run.figure(cache, "cpu_user", [=](double t) { return 1e5 * ops(t); });
  run.figure(cache, "cpu_system", [](double t) { return 1e6 * t; });
  run.span(client, "checkout", 60,
           [](int64_t i) { return 1'000'000 + i % 100 * 20'000; });
  run.counts(client, "span_errors.checkout", 0.1);
  const SubjectId self = run.self("tidemark");
  run.counts(self, "self.cpu", 3e6);
  run.figure(self, "self.rss", [](double) { return 17 * kMiB; });
  run.mark(client, EventKind::run_begin, "shop-soak", 0);
  run.phase(client, "warmup", PhaseKind::warmup, 0, 30);
  for (int i = 0; i < 12; ++i) {
    const double begin = 30 + 30 * i;
    run.phase(client, "load", PhaseKind::load, begin, begin + 20);
    run.phase(client, "rest", PhaseKind::cooldown, begin + 20, begin + 30);
  }
  run.mark(client, EventKind::run_end, "shop-soak", 390);
  Event end;
  end.kind = EventKind::command_end;
  end.time = at(390);
  run.event(end);
  return run;
}
inline constexpr double kShopSeconds = 391;

// A server that leaks in one place, keeps a cache in another, and takes its
// tables at the start; its heap is sampled.
inline SiteSoak soak_with_sites(int cycles = 8) {
  SiteSoak soak(cycles);
  soak.startup_site(1, 5 * SiteSoak::kMiB);
  soak.site(2, SiteKind::heap, 412, [](int, double) { return 1; });
  soak.site(3, SiteKind::heap, 900, [](int cycle, double t) {
    const double later = (t - SiteSoak::begin(cycle + 1)) / SiteSoak::kCycle;
    return std::clamp(1.5 - later, 0.0, 1.0);
  });
  soak.site(4, SiteKind::heap, 9000, [](int, double) { return 0; });
  soak.finish([](double t) { return 40.0 * std::max(t - 30, 0.0); });
  soak.run.figure(soak.server, "heap.sample_bytes",
                  [](double) { return 4096; });
  const std::vector<std::string> outer = {
      "Server::handle(Request const&) /src/server.cpp:41",
      "worker_main(void*) /src/server.cpp:120", "start_thread"};
  const auto stack = [&](uint32_t id, std::vector<std::string> inner) {
    inner.insert(inner.end(), outer.begin(), outer.end());
    soak.run.stack(id, inner);
  };
  stack(1, {"malloc", "load_products /src/products.cpp:17"});
  stack(2, {"malloc", "operator new(unsigned long)",
            "void std::vector<Item>::_M_realloc_insert<Item>(Item&&) "
            "/usr/include/c++/12/bits/vector.tcc:440",
            "Cart::checkout(Order const&) /src/cart.cpp:88"});
  stack(3, {"malloc", "Cache::put(Key, Value) /src/cache.cpp:52"});
  stack(4, {"malloc", ""});
  return soak;
}

// Compares with tests/golden/NAME; `make golden` rewrites it.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path =
      std::string(TIDEMARK_SOURCE_DIR) + "/tests/golden/" + name;
  if (const char* rewrite = std::getenv("TIDEMARK_UPDATE_GOLDEN");
      rewrite != nullptr && *rewrite == '1') {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  ASSERT_TRUE(file) << path << " is missing: make golden";
  // Line by line: the first difference says more than two whole reports.
  std::istringstream lines(text);
  std::string is;
  std::string should_be;
  for (int number = 1;; ++number) {
    const bool more = static_cast<bool>(std::getline(lines, is));
    const bool more_expected = static_cast<bool>(std::getline(file, should_be));
    ASSERT_EQ(more, more_expected)
        << name << ":" << number << " is the last line of one; make golden";
    if (!more) return;
    ASSERT_EQ(is, should_be)
        << name << ":" << number << "; make golden rewrites it";
  }
}

}  // namespace tidemark::synthetic
