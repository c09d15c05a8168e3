// Collectors on the live machine: exact figures of watched processes against
// what the processes know of themselves and what /proc says.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>

#include "core/analysis/known_metrics.h"
#include "core/os/system_clock.h"
#include "daemon/process_table.h"
#include "daemon/procfs/process_statm.h"
#include "daemon/registry.h"
#include "daemon/sampler.h"
#include "daemon/self_meter.h"
#include "daemon/stack_desk.h"
#include "tests/bpf/workload.h"
#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

using testing_bpf::Child;
using testing_bpf::proc_text;

class LiveCollectorsTest : public testing::Test {
 protected:
  LiveCollectorsTest() : table_(Roots{}, definer_), desk_(definer_, "/proc") {}

  std::unique_ptr<Collector> start(std::string_view name) {
    auto collector = make_collector(name);
    const auto level =
        collector->start({Roots{}, definer_, table_, desk_, clock_});
    EXPECT_TRUE(level) << level.error().what;
    if (level) level_ = *level;
    return collector;
  }
  FakeFrame collect(Collector& collector) {
    FakeFrame frame(definer_);
    const Status status = collector.collect({clock_.now()}, frame);
    EXPECT_TRUE(status) << status.error().what;
    EXPECT_EQ(frame.repeated, 0);
    return frame;
  }
  SubjectId watch(pid_t pid) {
    const Subject* subject = table_.find_pid(Pid{pid});
    if (subject == nullptr) return {};
    table_.watch(subject->id);
    return subject->id;
  }

  SystemClock clock_;
  FakeDefiner definer_;
  ProcessTable table_;
  StackDesk desk_;
  std::string level_;
};

int64_t listed_fds(pid_t pid) {
  std::error_code error;
  std::filesystem::directory_iterator at("/proc/" + std::to_string(pid) + "/fd",
                                         error);
  return std::distance(begin(at), std::filesystem::directory_iterator());
}

// Of processes that stand still nothing may differ, in any round.
TEST_F(LiveCollectorsTest, ExactMemoryAndDescriptorsOfTheWatched) {
  std::vector<Child> children;
  for (int i = 0; i < 20; ++i) {
    children.emplace_back([i] {
      std::vector<char> block(static_cast<size_t>(i + 1) << 18, 'x');
      for (int fd = 0; fd < i * 5; ++fd) ::open("/dev/null", O_RDONLY);
      block[0] = 'y';
      testing_bpf::sleep_forever();
    });
  }
  ::usleep(200'000);
  auto scan = start("process_scan");
  auto exact = start("process_exact");
  collect(*scan);
  std::vector<SubjectId> ids;
  for (const Child& child : children) ids.push_back(watch(child.pid()));
  int64_t compared = 0;
  const int64_t page = ::sysconf(_SC_PAGESIZE);
  for (int round = 0; round < 10; ++round) {
    const FakeFrame frame = collect(*exact);
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto statm =
          procfs::parse_process_statm(proc_text(children[i].pid(), "statm"));
      ASSERT_TRUE(statm);
      EXPECT_EQ(frame.get("rss", ids[i]), statm->resident.count * page);
      EXPECT_EQ(frame.get("rss_anon", ids[i]), statm->anonymous().count * page);
      EXPECT_EQ(frame.get("fds", ids[i]), listed_fds(children[i].pid()));
      compared += 3;
    }
  }
  std::printf("%s: %ld exact comparisons\n", level_.c_str(), compared);
}

TEST_F(LiveCollectorsTest, SlowFactsOfAProcessThatHoldsThem) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const Child child([&] {
    ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::socket(AF_INET, SOCK_DGRAM, 0);
    const int watcher = ::inotify_init();
    ::inotify_add_watch(watcher, "/tmp", IN_CREATE);
    for (int i = 0; i < 50; ++i) {
      // Neighbours of different rights are not merged into one mapping.
      ::mmap(nullptr, 4096, i % 2 == 0 ? PROT_READ : PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    void* shared = ::mmap(nullptr, 1u << 20, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    std::memset(shared, 1, 1u << 20);
    if (::fork() == 0) ::_exit(0);  // stays a zombie
    ::usleep(50'000);
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    testing_bpf::sleep_forever();
  });
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  auto scan = start("process_scan");
  auto slow = start("process_slow");
  collect(*scan);
  const SubjectId id = watch(child.pid());
  const FakeFrame frame = collect(*slow);
  EXPECT_EQ(frame.get("sockets", id), 2);
  EXPECT_EQ(frame.get("inotify_watches", id), 1);
  EXPECT_EQ(frame.get("children", id), 1);
  EXPECT_EQ(frame.get("zombies", id), 1);
  // Before 6.2 a thread may hold back 64 pages of each kind.
  EXPECT_GE(frame.get("rss_shmem", id).value_or(0), (1 << 20) - 64 * 4096);
  const std::string maps = proc_text(child.pid(), "maps");
  EXPECT_EQ(frame.get("mappings", id),
            std::count(maps.begin(), maps.end(), '\n'));
  EXPECT_GE(frame.get("fd_limit", id).value_or(0), 256);
  ::close(ready[0]);
  ::close(ready[1]);
}

// Of a process that ended between two ticks nothing is put, and nothing of the
// one that has its pid by then.
TEST_F(LiveCollectorsTest, EndedProcessesAreAbsent) {
  auto scan = start("process_scan");
  auto exact = start("process_exact");
  auto slow = start("process_slow");
  SubjectId id;
  {
    const Child child([] { testing_bpf::sleep_forever(); });
    collect(*scan);
    id = watch(child.pid());
    EXPECT_TRUE(collect(*exact).get("rss", id));
  }
  EXPECT_FALSE(collect(*exact).get("rss", id));
  EXPECT_FALSE(collect(*slow).get("vm_size", id));
  collect(*scan);
  EXPECT_EQ(table_.find(id), nullptr);
  EXPECT_TRUE(table_.watched().empty());
}

TEST_F(LiveCollectorsTest, EveryCollectorEitherRunsOrSaysWhyNot) {
  for (const CollectorEntry& entry : all_collectors()) {
    auto collector = entry.make();
    const auto level =
        collector->start({Roots{}, definer_, table_, desk_, clock_});
    if (!level) {
      EXPECT_GT(level.error().what.size(), 20u) << entry.name;
      std::printf("%s: %s\n", std::string(entry.name).c_str(),
                  level.error().what.c_str());
      continue;
    }
    const FakeFrame frame = collect(*collector);
    std::printf("%s: %s, %zu values\n", std::string(entry.name).c_str(),
                level->c_str(), frame.values.size());
  }
}

// What gates can name before a run is what the sensors define.
TEST(KnownMetrics, AreThoseOfTheSensors) {
  SystemClock clock;
  Registry registry;
  ProcessTable table(Roots{}, registry);
  StackDesk desk(registry, "/proc");
  CollectorContext context{Roots{}, registry, table, desk, clock};
  context.heap.mode = HeapMode::probes;
  const SelfMeter self(registry, Roots{});
  Sampler sampler(all_collectors(), context);
  ASSERT_TRUE(sampler.start());
  Definitions defined;
  registry.take(defined);
  EXPECT_GT(defined.metrics.size(), 100u);
  for (const Metric& metric : defined.metrics) {
    if (metric.subject == SubjectKind::site) continue;
    if (metric.kind == MetricKind::histogram) continue;
    const auto known =
        std::ranges::find(kKnownMetrics, metric.name, &KnownMetric::name);
    if (known == std::end(kKnownMetrics)) {
      ADD_FAILURE() << metric.name << " is not in known_metrics.def";
      continue;
    }
    EXPECT_EQ(known->subject, metric.subject) << metric.name;
    EXPECT_EQ(known->kind, metric.kind) << metric.name;
    EXPECT_EQ(known->unit, metric.unit) << metric.name;
  }
}

}  // namespace
}  // namespace tidemark
