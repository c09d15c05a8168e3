#include "daemon/life_watch.h"

#include <gtest/gtest.h>

#include "daemon/registry.h"

namespace tidemark {
namespace {

// Hands out what the test put in.
class FakeProbe final : public LifeProbe {
 public:
  explicit FakeProbe(std::vector<LifeEvent>& waiting) : waiting_(waiting) {}
  int fd() const override { return -1; }
  Status drain(const std::function<void(const LifeEvent&)>& sink) override {
    for (const LifeEvent& event : waiting_) sink(event);
    waiting_.clear();
    return {};
  }
  uint64_t lost() const override { return 3; }

 private:
  std::vector<LifeEvent>& waiting_;
};

class LifeWatchTest : public testing::Test {
 protected:
  LifeWatchTest() {
    processes_.begin_scan();
    const SubjectId shell = processes_.observe({{Pid{10}, 100}, Pid{1}, "sh"});
    processes_.observe({{Pid{20}, 100}, Pid{1}, "other"});
    processes_.end_scan();
    processes_.watch(shell);
  }

  LifeEvent& add(LifeKind kind, int pid, uint64_t start, int parent,
                 std::string_view comm) {
    LifeEvent& event = waiting_.emplace_back();
    event.kind = kind;
    event.time = boot_time(5'000'000'000);
    event.key = {Pid{pid}, start};
    event.parent = Pid{parent};
    event.comm = comm;
    return event;
  }

  // No such folder: nobody's /proc is read.
  Registry registry_;
  ProcessTable processes_{{"/nonexistent", "/nonexistent"}, registry_};
  std::vector<LifeEvent> waiting_;
  LifeWatch watch_{std::make_unique<FakeProbe>(waiting_), processes_};
  std::vector<Event> events_;
};

TEST_F(LifeWatchTest, AWatchedProcesssWholeLifeIsTold) {
  add(LifeKind::fork, 11, 200, 10, "sh");
  add(LifeKind::exec, 11, 200, 10, "true");
  LifeEvent& end = add(LifeKind::exit, 11, 200, 10, "true");
  end.wait_status = 7 << 8;
  end.cpu_user_ns = 5;
  end.rss_peak_bytes = 4096;
  EXPECT_TRUE(watch_.drain(events_));
  ASSERT_EQ(events_.size(), 3u);
  EXPECT_EQ(events_[0].kind, EventKind::fork);
  EXPECT_EQ(events_[1].kind, EventKind::exec);
  EXPECT_EQ(events_[1].name, "true");
  EXPECT_EQ(events_[2].kind, EventKind::exit);
  EXPECT_EQ(events_[2].value, 7 << 8);
  EXPECT_EQ(events_[2].life.cpu_user_ns, 5);
  EXPECT_EQ(events_[2].life.rss_peak_bytes, 4096);
  EXPECT_TRUE(events_[0].subject.valid());
  EXPECT_EQ(events_[0].subject, events_[2].subject);
}

TEST_F(LifeWatchTest, OfOthersOnlyTheEnd) {
  add(LifeKind::fork, 21, 200, 20, "other");
  add(LifeKind::exec, 21, 200, 20, "job");
  add(LifeKind::exit, 21, 200, 20, "job");
  EXPECT_FALSE(watch_.drain(events_));
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].kind, EventKind::exit);
  EXPECT_EQ(events_[0].name, "job");
  EXPECT_FALSE(events_[0].subject.valid());
}

TEST_F(LifeWatchTest, AnOomKillGetsItsName) {
  add(LifeKind::oom_kill, 20, 100, 1, "");
  EXPECT_FALSE(watch_.drain(events_));
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].kind, EventKind::oom_kill);
  EXPECT_EQ(events_[0].name, "other");
}

TEST_F(LifeWatchTest, LossesAreTheProbes) { EXPECT_EQ(watch_.lost(), 3u); }

}  // namespace
}  // namespace tidemark
