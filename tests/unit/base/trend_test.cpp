#include "core/base/trend.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace tidemark {
namespace {

using Values = std::vector<double>;

Values ascending(size_t n) {
  Values x(n);
  std::iota(x.begin(), x.end(), 0.0);
  return x;
}

Values autoregressive(size_t n, double phi, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  Values y(n);
  double value = normal(random);
  for (double& at : y) {
    value = phi * value + std::sqrt(1 - phi * phi) * normal(random);
    at = value;
  }
  return y;
}

TEST(TheilSen, AbsentWithoutTwoDifferentX) {
  EXPECT_FALSE(theil_sen({}, {}));
  EXPECT_FALSE(theil_sen(Values{1}, Values{2}));
  EXPECT_FALSE(theil_sen(Values{1, 1, 1}, Values{2, 3, 4}));
  EXPECT_FALSE(theil_sen_slope(Values{1}, Values{2}));
}

TEST(TheilSen, TwoPointsHaveASlopeAndNoInterval) {
  const auto trend = theil_sen(Values{0, 2}, Values{1, 5});
  ASSERT_TRUE(trend);
  EXPECT_DOUBLE_EQ(trend->slope, 2);
  EXPECT_DOUBLE_EQ(trend->intercept, 1);
  EXPECT_TRUE(std::isinf(trend->lo));
  EXPECT_TRUE(std::isinf(trend->hi));
}

// The data of Sen 1968. P(S >= 15) is 0.0151 for 7 points, so the bounds are
// the 4th and the 18th of the 21 slopes, sorted by hand.
TEST(TheilSen, SensData) {
  const Values x{1, 2, 3, 4, 10, 12, 18};
  const Values y{9, 15, 19, 20, 45, 55, 78};
  const auto trend = theil_sen(x, y, 0.016);
  ASSERT_TRUE(trend);
  EXPECT_DOUBLE_EQ(trend->slope, 4);
  EXPECT_DOUBLE_EQ(trend->lo, 26.0 / 7);
  EXPECT_DOUBLE_EQ(trend->hi, 35.0 / 8);
}

TEST(TheilSen, AnOutlierDoesNotMoveIt) {
  const auto trend = theil_sen(ascending(5), Values{0, 1, 2, 3, 100});
  ASSERT_TRUE(trend);
  EXPECT_DOUBLE_EQ(trend->slope, 1);
  EXPECT_DOUBLE_EQ(trend->lo, 1);
  EXPECT_DOUBLE_EQ(trend->hi, 97);
  EXPECT_DOUBLE_EQ(trend->p_rising, 1.0 / 120);
  EXPECT_TRUE(trend->exact);
}

TEST(TheilSen, AFlatSeriesHasAnIntervalOfZeroWidth) {
  const auto trend = theil_sen(ascending(10), Values(10, 42.0), 0.01,
                               Autocorrelation::correct);
  ASSERT_TRUE(trend);
  EXPECT_EQ(trend->slope, 0);
  EXPECT_EQ(trend->lo, 0);
  EXPECT_EQ(trend->hi, 0);
  EXPECT_EQ(trend->s, 0);
  EXPECT_EQ(trend->widened, 1);
  EXPECT_DOUBLE_EQ(trend->p_rising, 1);
  EXPECT_DOUBLE_EQ(trend->intercept, 42);
}

TEST(TheilSen, IntegersThatRiseNowAndThenHaveAPositiveLowerBound) {
  const Values y{5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8};
  const auto trend = theil_sen(ascending(12), y);
  ASSERT_TRUE(trend);
  EXPECT_GT(trend->lo, 0);
  EXPECT_LT(trend->p_rising, 1e-4);
}

TEST(TheilSen, TiedXAreLeftOut) {
  const Values x{0, 0, 1, 1, 2, 2, 3, 3};
  const Values y{0, 9, 2, 11, 4, 13, 6, 15};
  const auto trend = theil_sen(x, y);
  ASSERT_TRUE(trend);
  EXPECT_FALSE(trend->exact);
  EXPECT_DOUBLE_EQ(trend->slope, 2);
}

// On white noise the bounds miss the truth as seldom as alpha says.
TEST(TheilSen, BoundsHoldTheirPromise) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (const size_t n : {8u, 12u, 24u}) {
    int above = 0, below = 0;
    constexpr int kRuns = 1000;
    for (int run = 0; run < kRuns; ++run) {
      const Values x = ascending(n);
      Values y(n);
      for (size_t i = 0; i < n; ++i) y[i] = 0.5 * x[i] + normal(random);
      const auto trend = theil_sen(x, y, 0.05);
      above += trend->lo > 0.5;
      below += trend->hi < 0.5;
    }
    // 5 % of 1000 is 50, its standard deviation 7.
    EXPECT_LT(above, 75) << n;
    EXPECT_LT(below, 75) << n;
    EXPECT_GT(above + below, 35) << n;
  }
}

TEST(HamedRao, OneForWhiteNoiseMoreForACorrelatedSeries) {
  std::mt19937_64 random(5);
  const Values x = ascending(100);
  double white = 0, red = 0;
  for (int run = 0; run < 50; ++run) {
    white += hamed_rao_factor(x, autoregressive(100, 0, random), 0);
    red += hamed_rao_factor(x, autoregressive(100, 0.8, random), 0);
  }
  EXPECT_LT(white / 50, 1.5);
  EXPECT_GT(red / 50, 3);
}

TEST(HamedRao, TooFewOrEqualPointsAreNotCorrected) {
  EXPECT_EQ(hamed_rao_factor(ascending(3), Values{1, 2, 3}, 0), 1);
  EXPECT_EQ(hamed_rao_factor(ascending(9), Values(9, 1.0), 0), 1);
}

// Adding a line adds its slope; scaling scales; the same every time.
TEST(TheilSen, MovesWithItsData) {
  std::mt19937_64 random(17);
  std::normal_distribution<double> normal;
  for (int run = 0; run < 200; ++run) {
    const size_t n = 5 + random() % 40;
    Values x(n), y(n), tilted(n), scaled(n);
    double at = 0;
    for (size_t i = 0; i < n; ++i) {
      at += 0.1 + static_cast<double>(random() % 100);
      x[i] = at;
      y[i] = std::round(normal(random) * 4);
      tilted[i] = y[i] + 3 * x[i];
      scaled[i] = y[i] * 4096;
    }
    const auto plain = theil_sen(x, y);
    const auto steeper = theil_sen(x, tilted);
    const auto larger = theil_sen(x, scaled);
    ASSERT_TRUE(plain && steeper && larger);
    EXPECT_NEAR(steeper->slope, plain->slope + 3, 1e-9);
    EXPECT_DOUBLE_EQ(larger->slope, plain->slope * 4096);
    EXPECT_EQ(larger->s, plain->s);
    EXPECT_LE(plain->lo, plain->slope);
    EXPECT_GE(plain->hi, plain->slope);
    EXPECT_GE(plain->p_rising, 0);
    EXPECT_LE(plain->p_rising, 1);
    const auto again = theil_sen(x, y);
    EXPECT_EQ(again->lo, plain->lo);
    EXPECT_EQ(again->p_rising, plain->p_rising);
  }
}

}  // namespace
}  // namespace tidemark
