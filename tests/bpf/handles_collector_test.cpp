// The collector of open descriptors on a living process: sites, values, the
// growth that makes it begin, and its end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "core/os/system_clock.h"
#include "daemon/process_table.h"
#include "daemon/stack_desk.h"
#include "tests/bpf/workload.h"
#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

using testing_bpf::Child;

class CollectedEvents final : public EventSink {
 public:
  void add(Event event) override { events.push_back(std::move(event)); }
  std::vector<Event> events;
};

class HandlesCollectorTest : public testing::Test {
 protected:
  HandlesCollectorTest()
      : table_(Roots{}, definer_), desk_(definer_, "/proc") {}

  void start(HeapMode mode) {
    CollectorContext context{Roots{}, definer_, table_,
                             desk_,   clock_,   &events_};
    context.heap.mode = mode;
    scan_ = make_collector("process_scan");
    handles_ = make_collector("handles");
    ASSERT_TRUE(scan_->start(context));
    const auto level = handles_->start(context);
    if (!level) GTEST_SKIP() << level.error().what;
  }
  FakeFrame collect() {
    FakeFrame frame(definer_);
    EXPECT_TRUE(scan_->collect({clock_.now()}, frame));
    FakeFrame own(definer_);
    EXPECT_TRUE(handles_->collect({clock_.now()}, own));
    EXPECT_EQ(own.repeated, 0);
    return own;
  }
  SubjectId watch(pid_t pid) {
    collect();
    const Subject* subject = table_.find_pid(Pid{pid});
    if (subject == nullptr) return {};
    table_.watch(subject->id);
    collect();
    return subject->id;
  }
  // The sum over the sites of a process.
  int64_t open_of(const FakeFrame& frame, SubjectId owner) const {
    int64_t sum = 0;
    for (const auto& [id, subject] : definer_.defined) {
      if (subject.kind != SubjectKind::site || subject.owner != owner) continue;
      EXPECT_TRUE(subject.stack.valid());
      sum += frame.get("site.live_count", id).value_or(0);
    }
    return sum;
  }

  SystemClock clock_;
  FakeDefiner definer_;
  ProcessTable table_;
  StackDesk desk_;
  CollectedEvents events_;
  std::unique_ptr<Collector> scan_, handles_;
};

void open_null() {
  if (::open("/dev/null", O_RDONLY) < 0) ::_exit(1);
}

[[gnu::noinline]] void map_a_megabyte() {
  if (::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) {
    ::_exit(1);
  }
}

// Opens one on each byte that comes, and answers it.
class Opener {
 public:
  explicit Opener(void (*open)() = open_null) {
    EXPECT_EQ(::pipe(to_), 0);
    EXPECT_EQ(::pipe(from_), 0);
    child_.emplace([this, open] {
      char byte = 0;
      while (::read(to_[0], &byte, 1) == 1) {
        open();
        if (::write(from_[1], &byte, 1) != 1) ::_exit(1);
      }
    });
  }
  ~Opener() {
    for (const int fd : {to_[0], to_[1], from_[0], from_[1]}) ::close(fd);
  }
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;

  void open_one() {
    char byte = 1;
    ASSERT_EQ(::write(to_[1], &byte, 1), 1);
    ASSERT_EQ(::read(from_[0], &byte, 1), 1);
  }
  void end() {
    ::kill(child_->pid(), SIGKILL);
    child_->wait();
  }
  pid_t pid() const { return child_->pid(); }

 private:
  int to_[2], from_[2];
  std::optional<Child> child_;
};

TEST_F(HandlesCollectorTest, PutsASiteForWhatStaysOpen) {
  ASSERT_NO_FATAL_FAILURE(start(HeapMode::probes));
  if (IsSkipped()) return;
  handles_->phase_changed({4, "soak"});
  Opener opener;
  const SubjectId process = watch(opener.pid());
  ASSERT_TRUE(process.valid());
  for (int i = 0; i < 6; ++i) opener.open_one();
  handles_->finish();
  const FakeFrame frame = collect();
  EXPECT_EQ(open_of(frame, process), 6);
  EXPECT_EQ(frame.get("handles.opened", process), 6);
  EXPECT_EQ(frame.get("handles.untracked", process), 0);
  for (const auto& [id, subject] : definer_.defined) {
    if (subject.kind != SubjectKind::site) continue;
    EXPECT_EQ(subject.site_kind, SiteKind::fd);
    EXPECT_EQ(subject.cohort, 4u);
    EXPECT_EQ(subject.name, "soak");
  }
  StackDefinitions stacks;
  definer_.stacks.take(stacks);
  EXPECT_GE(stacks.modules.size(), 1u);
  EXPECT_EQ(stacks.stacks.size(), 1u);
  EXPECT_GE(stacks.symbols.size(), 1u);
}

TEST_F(HandlesCollectorTest, BeginsByItselfWhereDescriptorsKeepGrowing) {
  ASSERT_NO_FATAL_FAILURE(start(HeapMode::automatic));
  if (IsSkipped()) return;
  Opener opener, quiet;
  const SubjectId process = watch(opener.pid());
  const SubjectId other = watch(quiet.pid());
  int ticks = 0;
  while (events_.events.empty() && ++ticks < 100) {
    opener.open_one();
    collect();
  }
  ASSERT_EQ(events_.events.size(), 1u);
  EXPECT_EQ(events_.events[0].subject, process);
  EXPECT_EQ(events_.events[0].kind, EventKind::heap);
  for (int i = 0; i < 3; ++i) opener.open_one();
  handles_->finish();
  const FakeFrame frame = collect();
  EXPECT_EQ(open_of(frame, process), 3);
  EXPECT_EQ(frame.get("handles.opened", other), std::nullopt);
}

TEST_F(HandlesCollectorTest, BeginsByItselfWhereMappingsKeepGrowing) {
  ASSERT_NO_FATAL_FAILURE(start(HeapMode::automatic));
  if (IsSkipped()) return;
  Opener mapper(map_a_megabyte);
  const SubjectId process = watch(mapper.pid());
  int ticks = 0;
  while (events_.events.empty() && ++ticks < 100) {
    mapper.open_one();
    collect();
  }
  ASSERT_EQ(events_.events.size(), 1u);
  EXPECT_EQ(events_.events[0].subject, process);
  EXPECT_NE(events_.events[0].text.find("mappings"), std::string::npos);
  for (int i = 0; i < 3; ++i) mapper.open_one();
  handles_->finish();
  const FakeFrame frame = collect();
  EXPECT_EQ(open_of(frame, process), 3);
  for (const auto& [id, subject] : definer_.defined) {
    if (subject.kind != SubjectKind::site) continue;
    EXPECT_EQ(subject.site_kind, SiteKind::mapped);
    EXPECT_EQ(frame.get("site.live_bytes", id), 3 << 20);
    EXPECT_EQ(frame.get("site.alloc_bytes", id), 3 << 20);
  }
}

TEST_F(HandlesCollectorTest, EndsTheSitesOfAnEndedProcess) {
  ASSERT_NO_FATAL_FAILURE(start(HeapMode::probes));
  if (IsSkipped()) return;
  Opener opener;
  const SubjectId process = watch(opener.pid());
  for (int i = 0; i < 2; ++i) opener.open_one();
  opener.end();
  const auto ended = [&](SubjectId id) {
    return std::find(definer_.ended.begin(), definer_.ended.end(), id) !=
           definer_.ended.end();
  };
  const auto sites = [&] {
    return std::count_if(
        definer_.defined.begin(), definer_.defined.end(),
        [](const auto& each) { return each.second.kind == SubjectKind::site; });
  };
  for (int i = 0; i < 400 && (!ended(process) || sites() > 0); ++i) {
    collect();
    ::usleep(5000);
  }
  EXPECT_TRUE(ended(process));
  EXPECT_EQ(sites(), 0);
}

}  // namespace
}  // namespace tidemark
