#include "core/analysis/reading_plan.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::seconds;

BootTime at(double s) {
  return BootTime(Nanoseconds(static_cast<int64_t>(s * 1e9)));
}

class Marks {
 public:
  Marks& phase(const std::string& path, PhaseKind kind, double from, double to,
               uint32_t depth = 0) {
    phases_.push_back({path, ++cycles_[path], kind, at(from), at(to),
                       PhaseStatus::ended, depth});
    return *this;
  }
  Marks& quiesce(double time) {
    Event event;
    event.kind = EventKind::quiesce;
    event.time = at(time);
    events_.push_back(event);
    return *this;
  }
  Marks& open_last() {
    phases_.back().status = PhaseStatus::open;
    return *this;
  }
  ReadingPlan plan(double end) const {
    return plan_readings(phases_, events_, {at(0), at(end)});
  }

 private:
  std::vector<Phase> phases_;
  std::vector<Event> events_;
  std::map<std::string, uint32_t> cycles_;
};

TEST(ReadingPlan, OneReadingAfterEachCooldown) {
  Marks marks;
  for (int i = 0; i < 4; ++i) {
    marks.phase("load", PhaseKind::load, 100 * i, 100 * i + 80);
    marks.phase("rest", PhaseKind::cooldown, 100 * i + 80, 100 * i + 100);
  }
  const ReadingPlan plan = marks.plan(400);
  ASSERT_EQ(plan.retained.size(), 4u);
  EXPECT_EQ(plan.retained[0], (Span{at(95), at(100)}));
  ASSERT_EQ(plan.load.size(), 4u);
  EXPECT_EQ(plan.load[3], (Span{at(300), at(380)}));
  EXPECT_FALSE(plan.warmup_marked);
}

TEST(ReadingPlan, AShortCooldownIsReadInItsSecondHalf) {
  Marks marks;
  for (int i = 0; i < 3; ++i) {
    marks.phase("load", PhaseKind::load, 10 * i, 10 * i + 8);
    marks.phase("rest", PhaseKind::cooldown, 10 * i + 8, 10 * i + 10);
  }
  EXPECT_EQ(marks.plan(30).retained[0], (Span{at(9), at(10)}));
}

TEST(ReadingPlan, WarmupAndItsCooldownAreDropped) {
  Marks marks;
  marks.phase("setup", PhaseKind::setup, 0, 10);
  marks.phase("warm", PhaseKind::warmup, 10, 50);
  marks.phase("rest", PhaseKind::cooldown, 50, 60);
  for (int i = 0; i < 3; ++i) {
    marks.phase("load", PhaseKind::steady, 60 + 20 * i, 70 + 20 * i);
    marks.phase("rest", PhaseKind::cooldown, 70 + 20 * i, 80 + 20 * i);
  }
  const ReadingPlan plan = marks.plan(120);
  EXPECT_TRUE(plan.warmup_marked);
  EXPECT_EQ(plan.warmup_end, at(50));
  ASSERT_EQ(plan.retained.size(), 3u);
  EXPECT_EQ(plan.retained[0].to, at(80));
}

TEST(ReadingPlan, AWarmupInEachCycleDropsNoCycle) {
  Marks marks;
  for (int i = 0; i < 5; ++i) {
    marks.phase("warm", PhaseKind::warmup, 30 * i, 30 * i + 10);
    marks.phase("load", PhaseKind::steady, 30 * i + 10, 30 * i + 20);
    marks.phase("rest", PhaseKind::cooldown, 30 * i + 20, 30 * i + 30);
  }
  const ReadingPlan plan = marks.plan(150);
  EXPECT_EQ(plan.retained.size(), 5u);
  EXPECT_EQ(plan.warmup_end, at(10));
  EXPECT_TRUE(plan.warmup_marked);
}

TEST(ReadingPlan, SetupAloneIsNoMarkedWarmup) {
  Marks marks;
  marks.phase("fill", PhaseKind::setup, 0, 10);
  marks.phase("load", PhaseKind::load, 10, 100);
  const ReadingPlan plan = marks.plan(100);
  EXPECT_FALSE(plan.warmup_marked);
  EXPECT_EQ(plan.load, (std::vector<Span>{{at(10), at(100)}}));
}

TEST(ReadingPlan, QuiesceNarrowsTheWindow) {
  Marks marks;
  for (int i = 0; i < 3; ++i) {
    marks.phase("load", PhaseKind::load, 20 * i, 20 * i + 10);
    marks.phase("rest", PhaseKind::cooldown, 20 * i + 10, 20 * i + 20);
    marks.quiesce(20 * i + 18);
  }
  EXPECT_EQ(marks.plan(60).retained[1], (Span{at(38), at(40)}));
}

TEST(ReadingPlan, QuiesceMarksAloneMakeCycles) {
  Marks marks;
  for (int i = 1; i <= 4; ++i) {
    marks.quiesce(100 * i).quiesce(100 * i + 0.2);
  }
  const ReadingPlan plan = marks.plan(500);
  ASSERT_EQ(plan.retained.size(), 4u);
  EXPECT_EQ(plan.retained[0].from, at(100));
}

TEST(ReadingPlan, ARepeatedLoadIsReadAtItsEnd) {
  Marks marks;
  for (int i = 0; i < 3; ++i) {
    marks.phase("load", PhaseKind::load, 20 * i, 20 * i + 20);
  }
  const ReadingPlan plan = marks.plan(60);
  ASSERT_EQ(plan.retained.size(), 3u);
  EXPECT_EQ(plan.retained[0], (Span{at(15), at(20)}));
}

TEST(ReadingPlan, TwoCyclesAreTooFew) {
  Marks marks;
  marks.phase("load", PhaseKind::load, 0, 100);
  marks.phase("rest", PhaseKind::cooldown, 100, 120);
  marks.phase("load", PhaseKind::load, 120, 220);
  marks.phase("rest", PhaseKind::cooldown, 220, 240);
  const ReadingPlan plan = marks.plan(240);
  EXPECT_TRUE(plan.retained.empty());
  EXPECT_EQ(plan.load.size(), 2u);
}

TEST(ReadingPlan, ExcludedTimeIsNoLoad) {
  Marks marks;
  marks.phase("soak", PhaseKind::steady, 10, 100);
  marks.phase("soak/fault", PhaseKind::exclude, 40, 50, 1);
  EXPECT_EQ(marks.plan(200).load,
            (std::vector<Span>{{at(10), at(40)}, {at(50), at(100)}}));
}

TEST(ReadingPlan, AnOuterLoadWithParts) {
  Marks marks;
  marks.phase("soak", PhaseKind::load, 0, 100);
  marks.phase("soak/warm", PhaseKind::warmup, 0, 20, 1);
  marks.phase("soak/steady", PhaseKind::steady, 20, 90, 1);
  marks.phase("soak/rest", PhaseKind::cooldown, 90, 100, 1);
  const ReadingPlan plan = marks.plan(100);
  EXPECT_TRUE(plan.warmup_marked);
  EXPECT_EQ(plan.load, (std::vector<Span>{{at(20), at(90)}}));
}

TEST(ReadingPlan, WithoutMarksTheWholeRunIsRead) {
  const ReadingPlan plan = Marks().plan(100);
  EXPECT_EQ(plan.load, (std::vector<Span>{{at(0), at(100)}}));
  EXPECT_TRUE(plan.retained.empty());
  EXPECT_FALSE(plan.warmup_marked);
}

TEST(ReadingPlan, AnOpenPhaseReachesTheEnd) {
  Marks marks;
  marks.phase("load", PhaseKind::load, 10, 10).open_last();
  EXPECT_EQ(marks.plan(100).load, (std::vector<Span>{{at(10), at(100)}}));
}

TEST(Subtract, CutsAndMerges) {
  EXPECT_EQ(subtract({{at(0), at(10)}, {at(5), at(20)}}, {{at(3), at(4)}}),
            (std::vector<Span>{{at(0), at(3)}, {at(4), at(20)}}));
  EXPECT_TRUE(subtract({{at(1), at(2)}}, {{at(0), at(9)}}).empty());
}

}  // namespace
}  // namespace tidemark
