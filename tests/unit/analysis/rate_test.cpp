#include "core/analysis/rate.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using std::chrono::seconds;

BootTime at(int64_t s) { return BootTime(seconds(s)); }

TEST(CounterRate, FirstReadingHasNoGrowth) {
  CounterRate rate;
  EXPECT_EQ(rate.next(at(1), 500), std::nullopt);
}

TEST(CounterRate, GrowthAndRate) {
  CounterRate rate;
  rate.next(at(1), 500);
  const auto delta = rate.next(at(3), 700);
  ASSERT_TRUE(delta);
  EXPECT_EQ(delta->amount, 200);
  EXPECT_DOUBLE_EQ(delta->per_second(), 100);
  EXPECT_FALSE(delta->reset);
  EXPECT_FALSE(delta->gap);
}

TEST(CounterRate, ACounterThatFellBeganAnew) {
  CounterRate rate;
  rate.next(at(1), 500);
  const auto delta = rate.next(at(2), 30);
  ASSERT_TRUE(delta);
  EXPECT_TRUE(delta->reset);
  EXPECT_EQ(delta->amount, 30);
}

TEST(CounterRate, MissingReadingsAreAGap) {
  CounterRate rate(seconds(1));
  rate.next(at(1), 0);
  EXPECT_FALSE(rate.next(at(3), 1)->gap);
  EXPECT_TRUE(rate.next(at(6), 2)->gap);
}

TEST(CounterRate, AReadingOfTheSameTimeIsIgnored) {
  CounterRate rate;
  rate.next(at(2), 10);
  EXPECT_EQ(rate.next(at(2), 20), std::nullopt);
  EXPECT_EQ(rate.next(at(1), 20), std::nullopt);
  EXPECT_EQ(rate.next(at(3), 20)->amount, 10);
}

TEST(CounterRate, ExtremesDoNotOverflow) {
  CounterRate rate;
  rate.next(at(1), INT64_MIN);
  EXPECT_EQ(rate.next(at(2), INT64_MAX)->amount, INT64_MAX);
  EXPECT_EQ(rate.next(at(3), INT64_MIN)->amount, 0);
}

TEST(CounterRate, RestartForgets) {
  CounterRate rate;
  rate.next(at(1), 10);
  rate.restart();
  EXPECT_EQ(rate.next(at(2), 20), std::nullopt);
}

}  // namespace
}  // namespace tidemark
