#include "core/base/kendall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "core/base/order_statistics.h"

namespace tidemark {
namespace {

using Values = std::vector<double>;

Values ascending(size_t n) {
  Values x(n);
  std::iota(x.begin(), x.end(), 0.0);
  return x;
}

TEST(Kendall, SCountsRisesMinusFalls) {
  EXPECT_EQ(kendall_s(ascending(4), Values{1, 2, 3, 4}), 6);
  EXPECT_EQ(kendall_s(ascending(4), Values{4, 3, 2, 1}), -6);
  EXPECT_EQ(kendall_s(ascending(4), Values{1, 1, 2, 2}), 4);
  EXPECT_EQ(kendall_s(ascending(3), Values{5, 5, 5}), 0);
  EXPECT_EQ(kendall_s(Values{0, 0, 1}, Values{1, 9, 5}), 0);
  EXPECT_EQ(kendall_s({}, {}), 0);
}

TEST(Kendall, Variance) {
  EXPECT_DOUBLE_EQ(kendall_variance(ascending(10), ascending(10)), 125);
  EXPECT_DOUBLE_EQ(kendall_variance(ascending(3), Values{1, 1, 2}), 8.0 / 3);
  EXPECT_NEAR(kendall_variance(ascending(5), Values(5, 1.0)), 0, 1e-9);
  EXPECT_EQ(kendall_variance(ascending(1), ascending(1)), 0);
}

// The table of exact one-sided critical values at 1 %.
TEST(Kendall, CriticalValues) {
  EXPECT_EQ(kendall_critical(4, 0.01), std::nullopt);
  EXPECT_EQ(kendall_critical(5, 0.01), 10);
  EXPECT_EQ(kendall_critical(6, 0.01), 13);
  EXPECT_EQ(kendall_critical(8, 0.01), 20);
  EXPECT_EQ(kendall_critical(10, 0.01), 27);
  EXPECT_EQ(kendall_critical(12, 0.01), 36);
  EXPECT_EQ(kendall_critical(15, 0.01), 49);
  EXPECT_EQ(kendall_critical(18, 0.01), 63);
  EXPECT_EQ(kendall_critical(20, 0.01), 72);
  EXPECT_EQ(kendall_critical(24, 0.01), 94);
  EXPECT_EQ(kendall_critical(0, 0.01), std::nullopt);
  EXPECT_EQ(kendall_critical(1, 0.5), std::nullopt);
}

TEST(Kendall, ExactTailWithoutTies) {
  const std::vector<int64_t> four(4, 1);
  EXPECT_DOUBLE_EQ(kendall_upper_tail(four, 6), 1.0 / 24);
  EXPECT_DOUBLE_EQ(kendall_upper_tail(four, 4), 4.0 / 24);
  EXPECT_DOUBLE_EQ(kendall_upper_tail(four, -6), 1);
  EXPECT_DOUBLE_EQ(kendall_upper_tail(four, 7), 0);
}

// Every order of a small multiset, counted one by one.
TEST(Kendall, ExactDistributionEqualsEnumeration) {
  for (Values values : {Values{1, 1, 2, 3, 3, 3}, Values{1, 2, 3, 4, 5, 6},
                        Values{1, 1, 1, 1, 2}, Values{4, 4, 4}}) {
    const std::vector<int64_t> groups = tie_groups(values);
    const Values x = ascending(values.size());
    std::map<int64_t, double> seen;
    double orders = 0;
    std::ranges::sort(values);
    do {
      ++seen[kendall_s(x, values)];
      ++orders;
    } while (std::next_permutation(values.begin(), values.end()));
    double tail = 0;
    for (auto it = seen.rbegin(); it != seen.rend(); ++it) {
      tail += it->second / orders;
      EXPECT_NEAR(kendall_upper_tail(groups, it->first), tail, 1e-12);
    }
  }
}

// The exact distribution has mean 0 and the variance of the formula.
TEST(Kendall, ExactDistributionHasTheVarianceOfTheFormula) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    const size_t n = 2 + random() % 19;
    Values y(n);
    for (double& value : y) value = static_cast<double>(random() % (n + 1));
    const std::vector<double> p = kendall_distribution(tie_groups(y));
    const double max = static_cast<double>(p.size()) - 1;
    double mean_s = 0, square = 0, total = 0;
    for (size_t k = 0; k < p.size(); ++k) {
      const double s = max - 2 * static_cast<double>(k);
      total += p[k];
      mean_s += p[k] * s;
      square += p[k] * s * s;
    }
    ASSERT_NEAR(total, 1, 1e-9);
    ASSERT_NEAR(mean_s, 0, 1e-8);
    const double variance = kendall_variance(ascending(n), y);
    ASSERT_NEAR(square, variance, 1e-6 * (1 + variance));
  }
}

}  // namespace
}  // namespace tidemark
