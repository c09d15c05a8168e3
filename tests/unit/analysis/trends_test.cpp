#include "core/analysis/compare/trends.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tidemark {
namespace {

constexpr int64_t kDay = 86'400'000'000'000;

// One run a day of a role whose memory is value(day) MiB.
template <typename Value>
std::vector<Baseline> daily(int days, Value value) {
  std::vector<Baseline> runs;
  for (int day = 0; day < days; ++day) {
    Baseline run;
    run.scenario = "shop";
    run.commit = "c" + std::to_string(day);
    run.begin_ns = day * kDay;
    BaselinePhase phase{.path = "load", .kind = PhaseKind::load, .cycles = 1};
    BaselineSeries series{
        .metric = "rss_anon", .subject = "server", .unit = "bytes", .n = 60};
    series.median = value(day) * (1 << 20);
    series.sketch.assign(kSketchRanks.size(), series.median);
    phase.series = {series};
    run.phases = {phase};
    runs.push_back(run);
  }
  return runs;
}

// A percent up and down, without chance.
double wobble(int day) { return 1 + 0.01 * std::sin(day * 2.4); }

TEST(TrendsTest, NamesTheCommitThatChangedTheLevel) {
  const auto runs =
      daily(30, [](int day) { return (day < 18 ? 100 : 130) * wobble(day); });
  const auto trends = trends_of(runs);
  ASSERT_EQ(trends.size(), 2u);  // median and peak
  const FigureTrend& trend = trends[0];
  ASSERT_EQ(trend.changes.size(), 1u);
  EXPECT_EQ(trend.points[trend.changes[0].index].commit, "c18");
  EXPECT_NEAR(trend.change, 0.30, 0.02);
  EXPECT_TRUE(trend.worsens());
  EXPECT_FALSE(trend.drift_per_day);
}

TEST(TrendsTest, SeesADriftThatChangesNoLevel) {
  const auto runs =
      daily(8, [](int day) { return (100 + 0.8 * day) * wobble(day * 0); });
  const auto trends = trends_of(runs);
  ASSERT_FALSE(trends.empty());
  ASSERT_TRUE(trends[0].drift_per_day);
  EXPECT_NEAR(*trends[0].drift_per_day, 0.8 * (1 << 20), 1e4);
  EXPECT_TRUE(trends[0].worsens());
}

TEST(TrendsTest, LevelRunsHaveNone) {
  const auto trends =
      trends_of(daily(30, [](int day) { return 100 * wobble(day); }));
  ASSERT_FALSE(trends.empty());
  EXPECT_TRUE(trends[0].changes.empty());
  EXPECT_FALSE(trends[0].worsens());
}

TEST(TrendsTest, TakesTheLastDaysBeforeTheNewestRun) {
  const auto runs = daily(50, [](int) { return 100; });
  EXPECT_EQ(last_days(runs, 30).size(), 31u);
  EXPECT_EQ(last_days(runs, 0).size(), 1u);
  EXPECT_TRUE(last_days({}, 30).empty());
  EXPECT_TRUE(trends_of(daily(1, [](int) { return 100; })).empty());
}

TEST(SparklineTest, ShowsTheShape) {
  EXPECT_EQ(sparkline(std::vector{1.0, 2.0, 8.0}, 10), "▁▂█");
  EXPECT_EQ(sparkline(std::vector{3.0, 3.0}, 10), "▄▄");
  EXPECT_EQ(sparkline({}, 10), "");
  std::vector<double> many(100, 1.0);
  many.back() = 2;
  EXPECT_EQ(sparkline(many, 5), "▄▄▄▄▄") << "the median of twenty";
}

}  // namespace
}  // namespace tidemark
