#include "tui/snapshot.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr Nanoseconds kSecond{1'000'000'000};

class SnapshotTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dictionary_.define(Metric{MetricId(0), "cpu_user", SubjectKind::process,
                              MetricKind::counter});
    dictionary_.define(Metric{MetricId(1), "cpu_system", SubjectKind::process,
                              MetricKind::counter});
    dictionary_.define(Metric{MetricId(2), "rss_anon", SubjectKind::process,
                              MetricKind::gauge});
    dictionary_.define(Metric{MetricId(3), "host.forks", SubjectKind::system,
                              MetricKind::counter});
    dictionary_.define(
        Metric{MetricId(4), "op.x", SubjectKind::client, MetricKind::counter});
  }
  struct Value {
    uint32_t metric, subject;
    int64_t value;
  };
  void tick(int second, std::vector<Value> values, bool chapter = false) {
    Frame frame;
    frame.time = boot_time(0) + kSecond * second;
    frame.interval_ns = kSecond.count();
    for (const Value& v : values) {
      frame.columns.push_back({MetricId(v.metric),
                               frame.time,
                               Nanoseconds(0),
                               {SubjectId(v.subject)},
                               {v.value}});
    }
    snapshot_.apply(frame, chapter, dictionary_);
  }
  const ProcessState& process(uint32_t id) {
    return *snapshot_.find(SubjectId(id));
  }

  Dictionary dictionary_;
  Snapshot snapshot_;
};

TEST_F(SnapshotTest, ARateNeedsTwoTicks) {
  tick(1, {{0, 7, 100}, {1, 7, 0}});
  EXPECT_FALSE(process(7).cpu_ratio());
  tick(2, {{0, 7, 500'000'100}});
  ASSERT_TRUE(process(7).cpu_ratio());
  EXPECT_DOUBLE_EQ(*process(7).cpu_ratio(), 0.5);
}

TEST_F(SnapshotTest, ACounterThatATickDoesNotRepeatHasNotMoved) {
  tick(1, {{0, 7, 100}, {1, 7, 0}, {0, 8, 1}});
  tick(2, {{0, 7, 500}});
  tick(3, {{0, 8, 2}});
  EXPECT_EQ(process(7).cpu_ratio(), 0.0);
}

TEST_F(SnapshotTest, RatesHoldWhereCountersWereNotRead) {
  tick(1, {{0, 7, 0}, {1, 7, 0}, {2, 7, 1}});
  tick(2, {{2, 7, 2}});
  EXPECT_FALSE(process(7).cpu_ratio());
  tick(3, {{0, 7, 1'000'000'000}, {2, 7, 3}});
  EXPECT_DOUBLE_EQ(*process(7).cpu_ratio(), 0.5);
  tick(4, {{2, 7, 4}});
  EXPECT_DOUBLE_EQ(*process(7).cpu_ratio(), 0.5);
  tick(5, {{0, 7, 2'000'000'000}});
  EXPECT_DOUBLE_EQ(*process(7).cpu_ratio(), 0.5);
}

TEST_F(SnapshotTest, ACounterThatFellIsUnknown) {
  tick(1, {{0, 7, 100}, {1, 7, 0}});
  tick(2, {{0, 7, 50}});
  EXPECT_FALSE(process(7).cpu_ratio());
}

TEST_F(SnapshotTest, AbsentIsNotZero) {
  tick(1, {{0, 7, 100}});
  EXPECT_FALSE(process(7).value(Field::rss_anon));
  tick(2, {{2, 7, 0}});
  EXPECT_EQ(process(7).value(Field::rss_anon), 0.0);
}

TEST_F(SnapshotTest, AcrossAGapTheRateIsOverTheWholeOfIt) {
  tick(1, {{0, 7, 0}, {1, 7, 0}});
  tick(11, {{0, 7, 1'000'000'000}});
  EXPECT_DOUBLE_EQ(*process(7).cpu_ratio(), 0.1);
}

TEST_F(SnapshotTest, EndedProcessesLeaveWithTheNextTick) {
  tick(1, {{0, 7, 0}, {0, 8, 0}});
  Frame frame;
  frame.time = boot_time(0) + kSecond * 2;
  frame.ended = {SubjectId(7)};
  snapshot_.apply(frame, false, dictionary_);
  EXPECT_TRUE(process(7).ended);
  tick(3, {{0, 8, 5}});
  EXPECT_EQ(snapshot_.find(SubjectId(7)), nullptr);
  EXPECT_NE(snapshot_.find(SubjectId(8)), nullptr);
}

TEST_F(SnapshotTest, AChapterThatDoesNotRepeatAProcessSaysItEnded) {
  tick(1, {{0, 7, 0}, {0, 8, 0}});
  tick(2, {{0, 8, 1}}, true);
  EXPECT_TRUE(process(7).ended);
  EXPECT_FALSE(process(8).ended);
}

TEST_F(SnapshotTest, HostRatesSpanTheTicksBetweenTwoReadings) {
  tick(0, {{3, 1, 0}});
  for (int i = 1; i < 5; ++i) tick(i, {});
  tick(5, {{3, 1, 50}});
  EXPECT_EQ(snapshot_.total_rate(MetricId(3)), 10.0);
  tick(6, {});
  EXPECT_EQ(snapshot_.total_rate(MetricId(3)), 10.0);
}

TEST_F(SnapshotTest, AnIdleClientsRateFallsToZero) {
  tick(1, {{4, 1, 100}});
  tick(2, {{4, 1, 300}});
  EXPECT_EQ(snapshot_.total_rate(MetricId(4)), 200.0);
  tick(3, {});
  EXPECT_EQ(snapshot_.total_rate(MetricId(4)), 0.0);
}

}  // namespace
}  // namespace tidemark
