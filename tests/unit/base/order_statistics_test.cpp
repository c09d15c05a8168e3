#include "core/base/order_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark {
namespace {

using testing::ElementsAre;
using Values = std::vector<double>;

TEST(OrderStatistics, NothingHasNoStatistic) {
  EXPECT_EQ(median(Values{}), std::nullopt);
  EXPECT_EQ(mean(Values{}), std::nullopt);
  EXPECT_EQ(quantile(Values{}, 0.9), std::nullopt);
  EXPECT_EQ(robust_deviation(Values{}), std::nullopt);
  EXPECT_EQ(median_absolute_deviation(Values{}), std::nullopt);
  EXPECT_TRUE(mid_ranks(Values{}).empty());
  EXPECT_TRUE(tie_groups(Values{}).empty());
}

TEST(OrderStatistics, OneValueIsEveryQuantile) {
  EXPECT_EQ(quantile(Values{7}, 0), 7);
  EXPECT_EQ(quantile(Values{7}, 1), 7);
  EXPECT_EQ(robust_deviation(Values{7}), 0);
}

// R: quantile(c(1, 2, 4, 8), c(.1, .25, .5, .99), type = 7)
TEST(OrderStatistics, QuantileInterpolatesAsTypeSeven) {
  const Values values{8, 1, 4, 2};
  EXPECT_DOUBLE_EQ(*quantile(values, 0.1), 1.3);
  EXPECT_DOUBLE_EQ(*quantile(values, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(*quantile(values, 0.5), 3);
  EXPECT_DOUBLE_EQ(*quantile(values, 0.99), 7.88);
  EXPECT_DOUBLE_EQ(*quantile(values, -1), 1);
  EXPECT_DOUBLE_EQ(*quantile(values, 2), 8);
}

// R: mad(c(1, 1, 2, 2, 4, 6, 9)) is 1.4826
TEST(OrderStatistics, DeviationIsScaledMad) {
  const Values values{1, 1, 2, 2, 4, 6, 9};
  EXPECT_DOUBLE_EQ(*median_absolute_deviation(values), 1);
  EXPECT_DOUBLE_EQ(*robust_deviation(values), 1.4826);
}

TEST(OrderStatistics, DeviationOfMostlyEqualValuesIsNotZero) {
  EXPECT_DOUBLE_EQ(*robust_deviation(Values{5, 5, 5, 5, 10}), 1.2533);
  EXPECT_EQ(*robust_deviation(Values{5, 5, 5}), 0);
}

TEST(OrderStatistics, RanksShareTies) {
  EXPECT_THAT(mid_ranks(Values{7, 5, 7, 9, 7}), ElementsAre(3, 1, 3, 5, 3));
  EXPECT_THAT(tie_groups(Values{7, 5, 7, 9, 7}), ElementsAre(1, 3, 1));
}

}  // namespace
}  // namespace tidemark
