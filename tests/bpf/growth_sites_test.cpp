// The growth collector: sites by process, kind, stack and phase, with names.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "core/model/stack_table.h"
#include "core/os/system_clock.h"
#include "daemon/frame_writer.h"
#include "daemon/process_table.h"
#include "daemon/registry.h"
#include "daemon/stack_desk.h"
#include "tests/bpf/workload.h"
#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

using testing_bpf::Child;

constexpr int64_t kMiB = 1 << 20;

[[gnu::noinline]] void take_by_mapping(size_t bytes) {
  void* block = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  asm volatile("" : : "r"(block) : "memory");
}

[[gnu::noinline]] void take_by_touching(char* at, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 4096) {
    *static_cast<volatile char*>(at + i) = 1;
  }
}

// Takes memory at each letter it reads, and answers.
[[noreturn]] void obey(int in, int out) {
  constexpr size_t kRoom = 256 * kMiB;
  auto* room = static_cast<char*>(
      ::mmap(nullptr, kRoom, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  ::madvise(room, kRoom, MADV_NOHUGEPAGE);
  size_t used = 0;
  char letter = 0;
  while (::read(in, &letter, 1) == 1) {
    if (letter == 'm') take_by_mapping(3 * kMiB);
    if (letter == 't') {
      take_by_touching(room + used, 16 * kMiB);
      used += 16 * kMiB;
    }
    if (::write(out, &letter, 1) != 1) break;
  }
  ::_exit(0);
}

class GrowthSitesTest : public testing::Test {
 protected:
  GrowthSitesTest()
      : piped_(::pipe(go_) == 0 && ::pipe(done_) == 0),
        child_([this] { obey(go_[0], done_[1]); }),
        table_(Roots{}, registry_),
        desk_(registry_, "/proc"),
        scan_(make_collector("process_scan")),
        growth_(make_collector("growth")) {}

  void SetUp() override {
    ASSERT_TRUE(piped_);
    CollectorContext context{Roots{}, registry_, table_, desk_, clock_};
    context.heap.mode = HeapMode::automatic;
    ASSERT_TRUE(scan_->start(context));
    const auto level = growth_->start(context);
    if (!level) GTEST_SKIP() << level.error().what;
    collect(*scan_);
    table_.watch(table_.find_pid(Pid{child_.pid()})->id);
    collect(*growth_);
  }
  void TearDown() override {
    for (const int fd : {go_[0], go_[1], done_[0], done_[1]}) ::close(fd);
  }

  void collect(Collector& collector) {
    writer_.begin(frame_, clock_.now(), FrameKind::tick,
                  std::chrono::seconds(1));
    writer_.begin_reads(clock_.now());
    EXPECT_TRUE(collector.collect({clock_.now()}, writer_));
    writer_.end_reads(clock_.now());
    Definitions changes;
    registry_.take(changes);
    for (const Metric& metric : changes.metrics) {
      metrics_[metric.name] = metric.id;
    }
    for (const Subject& subject : changes.subjects) {
      if (subject.kind == SubjectKind::site) sites_[subject.id] = subject;
    }
    ended_ += changes.ended.size();
    for (auto& module : changes.stacks.modules) stacks_.define(module);
    for (auto& stack : changes.stacks.stacks) stacks_.define(stack);
    for (auto& symbols : changes.stacks.symbols) stacks_.define(symbols);
  }
  void order(char letter) {
    char answer = 0;
    ASSERT_EQ(::write(go_[1], &letter, 1), 1);
    ASSERT_EQ(::read(done_[0], &answer, 1), 1);
  }
  void settle() {
    growth_->finish();
    collect(*growth_);
  }
  // The value of a metric summed over sites of a kind and phase with a function
  // in their stacks.
  int64_t sum(std::string_view metric, SiteKind kind, std::string_view phase,
              std::string_view function) {
    int64_t total = 0;
    for (const Column& column : frame_.columns) {
      if (column.metric != metrics_[std::string(metric)]) continue;
      for (size_t i = 0; i < column.subjects.size(); ++i) {
        const auto site = sites_.find(column.subjects[i]);
        if (site == sites_.end()) continue;
        const Subject& subject = site->second;
        if (subject.site_kind != kind || subject.name != phase) continue;
        if (has(subject.stack, function)) total += column.values[i];
      }
    }
    return total;
  }
  bool has(StackId stack, std::string_view function) {
    for (const StackFrame& frame : stacks_.resolve(stack)) {
      if (frame.function.find(function) != std::string::npos) return true;
    }
    return false;
  }

  int go_[2], done_[2];
  bool piped_;
  Child child_;
  SystemClock clock_;
  Registry registry_;
  ProcessTable table_;
  StackDesk desk_;
  std::unique_ptr<Collector> scan_, growth_;
  FrameWriter writer_;
  Frame frame_;
  StackTable stacks_;
  std::map<std::string, MetricId> metrics_;
  std::map<SubjectId, Subject> sites_;
  size_t ended_ = 0;
};

TEST_F(GrowthSitesTest, AddsUpByStackAndPhase) {
  order('m');
  order('m');
  growth_->phase_changed({1, "load"});
  order('m');
  order('t');
  settle();
  constexpr auto kMapping = SiteKind::mapping;
  EXPECT_EQ(sum("site.alloc_bytes", kMapping, "", "take_by_mapping"), 6 * kMiB);
  EXPECT_EQ(sum("site.alloc_count", kMapping, "", "take_by_mapping"), 2);
  EXPECT_EQ(sum("site.alloc_bytes", kMapping, "load", "take_by_mapping"),
            3 * kMiB);
  const int64_t touched =
      sum("site.alloc_bytes", SiteKind::fault, "load", "take_by_touching");
  EXPECT_GE(touched, 14 * kMiB);
  EXPECT_LE(touched, 18 * kMiB);
  // One fault in 61 is looked at, and where pages are handed in by more than
  // that, each such growth is seen once.
  const int64_t period = std::max<int64_t>(61, testing_bpf::pages_held_back());
  EXPECT_GE(sum("site.samples", SiteKind::fault, "load", "take_by_touching"),
            16 * kMiB / 4096 / period - 2);
}

TEST_F(GrowthSitesTest, SitesEndWithTheirProcess) {
  order('m');
  settle();
  EXPECT_EQ(sum("site.alloc_count", SiteKind::mapping, "", "take_by_mapping"),
            1);
  EXPECT_EQ(ended_, 0u);
  table_.on_exit(table_.find_pid(Pid{child_.pid()})->process);
  collect(*growth_);
  EXPECT_EQ(ended_, sites_.size());
  EXPECT_GE(ended_, 1u);
}

}  // namespace
}  // namespace tidemark
