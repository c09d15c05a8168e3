#include "core/analysis/phases.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr SubjectId kAlice{1};
constexpr SubjectId kBob{2};

Event mark(int64_t ns, EventKind kind, SubjectId client, std::string name,
           PhaseKind phase_kind = PhaseKind::custom) {
  Event event;
  event.time = boot_time(ns);
  event.kind = kind;
  event.subject = client;
  event.name = std::move(name);
  event.phase_kind = phase_kind;
  return event;
}

TEST(PhaseTracker, NestedPhasesHavePathsAndDepths) {
  PhaseTracker tracker;
  EXPECT_TRUE(tracker.apply(mark(1, EventKind::phase_begin, kAlice, "soak")));
  EXPECT_TRUE(tracker.apply(
      mark(2, EventKind::phase_begin, kAlice, "steady", PhaseKind::steady)));
  ASSERT_EQ(tracker.phases().size(), 2u);
  EXPECT_EQ(tracker.phases()[1].path, "soak/steady");
  EXPECT_EQ(tracker.phases()[1].depth, 1u);
  EXPECT_EQ(tracker.phases()[1].kind, PhaseKind::steady);
  EXPECT_EQ(tracker.open(), (std::vector<size_t>{0, 1}));
  EXPECT_EQ(tracker.at(boot_time(2))->path, "soak/steady");
  EXPECT_EQ(tracker.at(boot_time(1))->path, "soak");
  EXPECT_EQ(tracker.at(boot_time(0)), nullptr);
}

TEST(PhaseTracker, SamePathAgainIsTheNextCycle) {
  PhaseTracker tracker;
  for (int64_t i = 0; i < 3; ++i) {
    tracker.apply(mark(10 * i, EventKind::phase_begin, kAlice, "load"));
    tracker.apply(mark(10 * i + 5, EventKind::phase_end, kAlice, "load"));
  }
  ASSERT_EQ(tracker.phases().size(), 3u);
  EXPECT_EQ(tracker.phases()[2].cycle, 3u);
  EXPECT_EQ(tracker.phases()[2].label(tracker.repeats("load")), "load#3");
  EXPECT_EQ(tracker.phases()[2].status, PhaseStatus::ended);
  EXPECT_FALSE(tracker.repeats("other"));
}

TEST(PhaseTracker, SeveralClientsShareAPhase) {
  PhaseTracker tracker;
  EXPECT_TRUE(tracker.apply(mark(1, EventKind::phase_begin, kAlice, "load")));
  EXPECT_FALSE(tracker.apply(mark(2, EventKind::phase_begin, kBob, "load")));
  EXPECT_FALSE(tracker.apply(mark(3, EventKind::phase_end, kAlice, "load")));
  EXPECT_TRUE(tracker.apply(mark(4, EventKind::phase_end, kBob, "load")));
  ASSERT_EQ(tracker.phases().size(), 1u);
  EXPECT_EQ(to_ns(tracker.phases()[0].begin), 1);
  EXPECT_EQ(to_ns(tracker.phases()[0].end), 4);
}

TEST(PhaseTracker, DeadClientAbortsWhatOnlyItHeld) {
  PhaseTracker tracker;
  tracker.apply(mark(1, EventKind::phase_begin, kAlice, "shared"));
  tracker.apply(mark(1, EventKind::phase_begin, kBob, "shared"));
  tracker.apply(mark(2, EventKind::phase_begin, kAlice, "own"));
  EXPECT_TRUE(tracker.apply(mark(3, EventKind::client_end, kAlice, "")));
  EXPECT_EQ(tracker.phases()[0].status, PhaseStatus::open);
  EXPECT_EQ(tracker.phases()[1].status, PhaseStatus::aborted);
}

TEST(PhaseTracker, DetachedClientLeavesItsPhasesOpen) {
  PhaseTracker tracker;
  tracker.apply(mark(1, EventKind::phase_begin, kAlice, "load"));
  Event gone = mark(2, EventKind::client_end, kAlice, "");
  gone.value = 2;
  EXPECT_FALSE(tracker.apply(gone));
  EXPECT_EQ(tracker.phases()[0].status, PhaseStatus::open);
  EXPECT_TRUE(tracker.apply(mark(3, EventKind::phase_end, kAlice, "load")));
}

TEST(PhaseTracker, HandlesDecideBeforeNames) {
  PhaseTracker tracker;
  Event outer = mark(1, EventKind::phase_begin, kAlice, "x");
  outer.value = 7;
  Event inner = mark(2, EventKind::phase_begin, kAlice, "x");
  inner.value = 8;
  tracker.apply(outer);
  tracker.apply(inner);
  Event end = mark(3, EventKind::phase_end, kAlice, "x");
  end.value = 7;
  EXPECT_TRUE(tracker.apply(end));
  EXPECT_EQ(tracker.phases()[0].status, PhaseStatus::ended);
  EXPECT_EQ(tracker.phases()[1].status, PhaseStatus::open);
}

TEST(PhaseTracker, EndWithoutBeginIsCounted) {
  PhaseTracker tracker;
  EXPECT_FALSE(tracker.apply(mark(1, EventKind::phase_end, kAlice, "x")));
  tracker.apply(mark(2, EventKind::phase_begin, kAlice, "x"));
  EXPECT_FALSE(tracker.apply(mark(3, EventKind::phase_end, kAlice, "y")));
  EXPECT_FALSE(tracker.apply(mark(4, EventKind::run_end, kAlice, "r")));
  EXPECT_EQ(tracker.unmatched(), 3u);
}

TEST(PhaseTracker, RunEndClosesItsClientsPhases) {
  PhaseTracker tracker;
  tracker.apply(mark(1, EventKind::run_begin, kAlice, "soak-7"));
  tracker.apply(mark(2, EventKind::phase_begin, kAlice, "steady"));
  ASSERT_NE(tracker.run(), nullptr);
  EXPECT_TRUE(tracker.run()->open);
  Event end = mark(9, EventKind::run_end, kAlice, "soak-7");
  end.value = 2;
  EXPECT_TRUE(tracker.apply(end));
  EXPECT_FALSE(tracker.run()->open);
  EXPECT_EQ(tracker.run()->status, 2);
  EXPECT_EQ(tracker.phases()[0].status, PhaseStatus::aborted);
}

TEST(PhaseTracker, EndBeforeBeginInTimeIsClamped) {
  PhaseTracker tracker;
  tracker.apply(mark(10, EventKind::phase_begin, kAlice, "x"));
  tracker.apply(mark(5, EventKind::phase_end, kAlice, "x"));
  EXPECT_EQ(tracker.phases()[0].end, tracker.phases()[0].begin);
}

// A daemon's tracker over months: what is kept does not follow what began.
TEST(PhaseTracker, ForgetsWhatEndedButCountsIt) {
  PhaseTracker tracker;
  tracker.keep_ended(10);
  tracker.apply(mark(0, EventKind::phase_begin, kBob, "months"));
  for (int64_t i = 1; i <= 1000; ++i) {
    const std::string name = "test" + std::to_string(i);
    tracker.apply(mark(i, EventKind::phase_begin, kAlice, name));
    tracker.apply(mark(i, EventKind::phase_end, kAlice, name));
    EXPECT_LE(tracker.phases().size(), 21u);
  }
  EXPECT_EQ(tracker.phases_begun(), 1001u);
  EXPECT_EQ(tracker.phases().back().ordinal, 1001u);
  EXPECT_EQ(tracker.phases().back().path, "test1000");
  // What is open stays who it is.
  ASSERT_EQ(tracker.open(), std::vector<size_t>{0});
  EXPECT_EQ(tracker.phases()[0].ordinal, 1u);
  EXPECT_TRUE(tracker.apply(mark(2000, EventKind::phase_end, kBob, "months")));
  EXPECT_TRUE(tracker.open().empty());
  EXPECT_EQ(tracker.unmatched(), 0u);
}

TEST(PhaseTracker, KeepsCyclesOfPathsThatItRemembers) {
  PhaseTracker tracker;
  tracker.keep_ended(4);
  for (int64_t i = 0; i < 100; ++i) {
    tracker.apply(mark(i, EventKind::phase_begin, kAlice, "load"));
    tracker.apply(mark(i, EventKind::phase_end, kAlice, "load"));
  }
  EXPECT_EQ(tracker.phases().back().cycle, 100u);
}

TEST(PhaseTracker, RunsOfALongLifeAreForgottenToo) {
  PhaseTracker tracker;
  tracker.keep_ended(10);
  for (uint32_t i = 0; i < 100; ++i) {
    const SubjectId client{100 + i};
    tracker.apply(mark(i, EventKind::run_begin, client, "soak"));
    // It dies: nobody will ever end the run.
    tracker.apply(mark(i, EventKind::client_end, client, ""));
    EXPECT_FALSE(tracker.run()->open);
  }
  EXPECT_LE(tracker.runs().size(), 11u);
  EXPECT_EQ(tracker.runs_begun(), 100u);
}

TEST(PhaseTracker, AClientThatNeverEndsAPhaseIsNotHeard) {
  PhaseTracker tracker;
  for (int64_t i = 0; i < 1000; ++i) {
    tracker.apply(mark(i, EventKind::phase_begin, kAlice, "deeper"));
  }
  EXPECT_EQ(tracker.open().size(), PhaseTracker::kMostDepth);
  EXPECT_EQ(tracker.unmatched(), 1000 - PhaseTracker::kMostDepth);
}

}  // namespace
}  // namespace tidemark
