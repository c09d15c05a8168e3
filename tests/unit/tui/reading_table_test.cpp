#include "tui/reading_table.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr Nanoseconds kSecond{1'000'000'000};

class ReadingTableTest : public ::testing::Test {
 protected:
  void SetUp() override {
    define(0, "host.forks", SubjectKind::system);
    define(1, "cgroup.cpu_usage", SubjectKind::cgroup);
    define(2, "cgroup.faults", SubjectKind::cgroup);
    define(3, "op.x", SubjectKind::client);
    dictionary_.define(Subject{SubjectId(8), SubjectKind::cgroup, "/a"});
    dictionary_.define(Subject{SubjectId(9), SubjectKind::cgroup, "/b"});
  }
  void define(uint32_t id, const char* name, SubjectKind kind) {
    dictionary_.define(Metric{MetricId(id), name, kind, MetricKind::counter});
  }

  struct Value {
    uint32_t metric, subject;
    int64_t value;
  };
  // `read`: when the columns were read, in seconds; a column without a value
  // says that nothing had changed.
  void tick(int second, int read, std::vector<uint32_t> metrics,
            std::vector<Value> values, std::vector<SubjectId> ended = {}) {
    Frame frame;
    frame.time = boot_time(0) + kSecond * second;
    frame.ended = std::move(ended);
    for (const uint32_t metric : metrics) {
      Column& column = frame.columns.emplace_back();
      column.metric = MetricId(metric);
      column.read_begin = boot_time(0) + kSecond * read;
      for (const Value& v : values) {
        if (v.metric != metric) continue;
        column.subjects.push_back(SubjectId(v.subject));
        column.values.push_back(v.value);
        table_.put(*dictionary_.metric(MetricId(metric)), SubjectId(v.subject),
                   v.value);
      }
    }
    table_.finish(frame, dictionary_);
  }
  std::optional<double> rate(uint32_t metric, uint32_t subject) {
    const LatestValue* value =
        table_.find(MetricId(metric), SubjectId(subject));
    return value == nullptr ? std::nullopt : value->rate;
  }

  Dictionary dictionary_;
  ReadingTable table_;
};

TEST_F(ReadingTableTest, AnEmptyColumnIsAReadingWithoutChange) {
  tick(0, 0, {0}, {{0, 1, 100}});
  tick(5, 5, {0}, {{0, 1, 150}});
  EXPECT_EQ(rate(0, 1), 10.0);
  tick(10, 10, {0}, {});
  EXPECT_EQ(rate(0, 1), 0.0);
}

TEST_F(ReadingTableTest, AColumnRepeatedInANewChapterIsNoReading) {
  tick(0, 0, {0}, {{0, 1, 100}});
  tick(5, 5, {0}, {{0, 1, 150}});
  tick(7, 5, {0}, {{0, 1, 150}});
  EXPECT_EQ(rate(0, 1), 10.0);
}

TEST_F(ReadingTableTest, ACgroupWasReadWhenAnyOfItsValuesChanged) {
  tick(0, 0, {1, 2}, {{1, 8, 0}, {1, 9, 0}, {2, 8, 0}, {2, 9, 0}});
  // Only /a was read: /b's counters stay what they were.
  tick(5, 5, {1, 2}, {{1, 8, 5'000'000'000}});
  EXPECT_NEAR(rate(1, 8).value_or(0), 1e9, 1);
  EXPECT_EQ(rate(2, 8), 0.0);
  EXPECT_FALSE(rate(1, 9));
  tick(30, 30, {1, 2}, {{1, 9, 30'000'000'000}});
  EXPECT_NEAR(rate(1, 9).value_or(0), 1e9, 1);
}

TEST_F(ReadingTableTest, WhatEndedIsForgotten) {
  tick(0, 0, {1}, {{1, 8, 1}, {1, 9, 2}});
  tick(5, 5, {1}, {}, {SubjectId(8)});
  EXPECT_EQ(table_.find(MetricId(1), SubjectId(8)), nullptr);
  ASSERT_NE(table_.find(MetricId(1), SubjectId(9)), nullptr);
  EXPECT_EQ(table_.find(MetricId(1), SubjectId(9))->value, 2);
  EXPECT_EQ(table_.total(MetricId(1)), 2.0);
}

TEST_F(ReadingTableTest, ClientsAreReadOnEveryTick) {
  tick(0, 0, {3}, {{3, 1, 10}});
  tick(1, 1, {3}, {{3, 1, 30}});
  EXPECT_EQ(table_.total_rate(MetricId(3)), 20.0);
  tick(2, 1, {}, {});
  EXPECT_EQ(table_.total_rate(MetricId(3)), 0.0);
}

TEST_F(ReadingTableTest, AForeignFilesCounterThatFallsOrJumpsIsNoRate) {
  tick(0, 0, {0}, {{0, 1, INT64_MAX}});
  tick(5, 5, {0}, {{0, 1, INT64_MIN}});
  EXPECT_FALSE(rate(0, 1));
  tick(10, 10, {0}, {{0, 1, INT64_MAX}});
  EXPECT_TRUE(rate(0, 1));
}

TEST_F(ReadingTableTest, AbsentIsNotZero) {
  EXPECT_FALSE(table_.total(MetricId(0)));
  EXPECT_FALSE(table_.total_rate(MetricId(77)));
  EXPECT_EQ(table_.find(MetricId(), SubjectId()), nullptr);
}

}  // namespace
}  // namespace tidemark
