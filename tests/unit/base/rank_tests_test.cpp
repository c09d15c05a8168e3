#include "core/base/rank_tests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace tidemark {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;
using Values = std::vector<double>;

// Permeability of a membrane at term and at 12 to 26 weeks: Hollander and
// Wolfe, Nonparametric Statistical Methods, example 4.1; R's help page of
// wilcox.test gives W = 35, p = 0.1272 (one-sided), shift 0.305.
const Values kAtTerm{0.80, 0.83, 1.89, 1.04, 1.45,
                     1.38, 1.91, 1.64, 0.73, 1.46};
const Values kEarly{1.15, 0.88, 0.90, 0.74, 1.21};

TEST(MannWhitney, PublishedExample) {
  const auto test = mann_whitney(kEarly, kAtTerm);
  ASSERT_TRUE(test);
  EXPECT_TRUE(test->exact);
  EXPECT_DOUBLE_EQ(test->u, 35);
  EXPECT_NEAR(test->p_greater, 0.1272, 5e-5);
  const auto other_way = mann_whitney(kAtTerm, kEarly);
  EXPECT_DOUBLE_EQ(other_way->u, 15);
  EXPECT_NEAR(other_way->p_less, 0.1272, 5e-5);
}

TEST(MannWhitney, CompleteSeparation) {
  const auto test = mann_whitney(Values{1, 2, 3}, Values{4, 5, 6});
  EXPECT_DOUBLE_EQ(test->u, 9);
  EXPECT_DOUBLE_EQ(test->p_greater, 0.05);
  EXPECT_DOUBLE_EQ(test->p_less, 1);
  EXPECT_DOUBLE_EQ(test->p_two_sided, 0.1);
}

TEST(MannWhitney, TiesAreExactToo) {
  // Of the three ways to choose two of {1, 1, 2}, two contain the 2.
  const auto test = mann_whitney(Values{1}, Values{1, 2});
  EXPECT_TRUE(test->exact);
  EXPECT_DOUBLE_EQ(test->u, 1.5);
  EXPECT_NEAR(test->p_greater, 2.0 / 3, 1e-12);
  const auto same = mann_whitney(Values{5, 5}, Values{5, 5, 5});
  EXPECT_DOUBLE_EQ(same->p_two_sided, 1);
}

TEST(MannWhitney, ManyValuesUseTheNormalDistribution) {
  Values a(30), b(30);
  std::iota(a.begin(), a.end(), 0.0);
  std::iota(b.begin(), b.end(), 10.0);
  const auto test = mann_whitney(a, b);
  ASSERT_TRUE(test);
  EXPECT_FALSE(test->exact);
  EXPECT_DOUBLE_EQ(test->u, 700);
  EXPECT_NEAR(test->p_greater, 1.1e-4, 0.2e-4);
  const auto equal = mann_whitney(Values(25, 1.0), Values(25, 1.0));
  EXPECT_DOUBLE_EQ(equal->p_two_sided, 1);
}

TEST(MannWhitney, AbsentWithoutValues) {
  EXPECT_FALSE(mann_whitney({}, Values{1}));
  EXPECT_FALSE(mann_whitney(Values{1}, {}));
  EXPECT_FALSE(hodges_lehmann({}, Values{1}));
}

TEST(HodgesLehmann, PublishedExample) {
  const auto shift = hodges_lehmann(kEarly, kAtTerm, 0.025);
  ASSERT_TRUE(shift);
  EXPECT_NEAR(shift->value, 0.305, 1e-9);
  // R: wilcox.test(conf.int = TRUE) at 95 %.
  EXPECT_NEAR(shift->lo, -0.15, 1e-9);
  EXPECT_NEAR(shift->hi, 0.76, 1e-9);
}

TEST(HodgesLehmann, TooFewForAnInterval) {
  const auto shift = hodges_lehmann(Values{1}, Values{3});
  EXPECT_DOUBLE_EQ(shift->value, 2);
  EXPECT_TRUE(std::isinf(shift->lo));
  EXPECT_TRUE(std::isinf(shift->hi));
}

TEST(HodgesLehmann, ManyValues) {
  Values a(50), b(50);
  std::iota(a.begin(), a.end(), 0.0);
  std::iota(b.begin(), b.end(), 5.0);
  const auto shift = hodges_lehmann(a, b);
  EXPECT_DOUBLE_EQ(shift->value, 5);
  EXPECT_LT(shift->lo, 5);
  EXPECT_GT(shift->lo, -5);
  EXPECT_DOUBLE_EQ(shift->hi - 5, 5 - shift->lo);
}

TEST(ManySeries, BenjaminiHochberg) {
  EXPECT_THAT(benjamini_hochberg(Values{0.05, 0.01, 0.03, 0.02, 0.04}),
              ElementsAre(DoubleNear(0.05, 1e-12), DoubleNear(0.05, 1e-12),
                          DoubleNear(0.05, 1e-12), DoubleNear(0.05, 1e-12),
                          DoubleNear(0.05, 1e-12)));
  EXPECT_THAT(benjamini_hochberg(Values{0.001, 0.5, 0.9}),
              ElementsAre(DoubleNear(0.003, 1e-12), DoubleNear(0.75, 1e-12),
                          DoubleNear(0.9, 1e-12)));
  EXPECT_TRUE(benjamini_hochberg({}).empty());
}

}  // namespace
}  // namespace tidemark
