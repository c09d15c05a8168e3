#include "core/analysis/curve.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::seconds;

BootTime at(int64_t s) { return BootTime(seconds(s)); }

TEST(CounterCurve, GrowsEvenlyBetweenReadings) {
  const CounterCurve curve({{at(10), 100}, {at(20), 200}});
  EXPECT_DOUBLE_EQ(curve.at(at(15)), 150);
  EXPECT_DOUBLE_EQ(curve.at(at(0)), 100);
  EXPECT_DOUBLE_EQ(curve.at(at(30)), 200);
  EXPECT_DOUBLE_EQ(curve.growth({at(12), at(14)}), 20);
}

TEST(CounterCurve, AResetLosesNothing) {
  const CounterCurve curve(
      {{at(1), 50}, {at(2), 80}, {at(3), 10}, {at(4), 30}});
  EXPECT_DOUBLE_EQ(curve.growth({at(1), at(4)}), 60);  // 30 + 10 + 20
}

TEST(CounterCurve, HostileFiguresDoNotOverflow) {
  const CounterCurve curve({{at(1), INT64_MAX},
                            {at(2), INT64_MIN},
                            {at(3), INT64_MAX},
                            {at(4), 0},
                            {at(5), INT64_MAX}});
  EXPECT_GE(curve.growth({at(1), at(5)}), 0);
}

TEST(CounterCurve, FirstGrowth) {
  EXPECT_EQ(CounterCurve({{at(1), 5}, {at(2), 5}, {at(3), 6}}).first_growth(),
            at(3));
  EXPECT_EQ(CounterCurve({{at(1), 5}}).first_growth(), BootTime::max());
}

TEST(LevelCurve, HoldsUntilTheNextReading) {
  const LevelCurve curve({{at(10), 7}, {at(20), 9}});
  EXPECT_EQ(curve.at(at(9)), std::nullopt);
  EXPECT_EQ(curve.at(at(10)), 7);
  EXPECT_EQ(curve.at(at(19)), 7);
  EXPECT_EQ(curve.at(at(99)), 9);
}

TEST(Span, Overlap) {
  EXPECT_EQ(overlap({at(1), at(5)}, {at(3), at(9)}), (Span{at(3), at(5)}));
  EXPECT_TRUE(overlap({at(1), at(2)}, {at(3), at(9)}).empty());
}

}  // namespace
}  // namespace tidemark
