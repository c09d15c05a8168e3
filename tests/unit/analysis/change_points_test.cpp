#include "core/analysis/compare/change_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace tidemark {
namespace {

std::vector<double> levels(std::initializer_list<std::pair<int, double>> parts,
                           double spread, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> values;
  for (const auto& [n, level] : parts) {
    for (int i = 0; i < n; ++i) {
      // The sum of twelve uniform numbers is nearly normal.
      double sum = -6;
      for (int k = 0; k < 12; ++k) {
        sum += static_cast<double>(random() >> 11) * 0x1p-53;
      }
      values.push_back(level * (1 + spread * sum));
    }
  }
  return values;
}

TEST(ChangePointsTest, FindsWhereTheLevelRose) {
  const auto values = levels({{20, 100}, {15, 130}}, 0.03, 1);
  const auto points = change_points(values);
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].index, 20u);
  EXPECT_NEAR(points[0].before, 100, 3);
  EXPECT_NEAR(points[0].after, 130, 4);
}

TEST(ChangePointsTest, FindsARiseAndAFall) {
  const auto values = levels({{12, 100}, {12, 150}, {12, 90}}, 0.03, 2);
  const auto points = change_points(values);
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].index, 12u);
  EXPECT_EQ(points[1].index, 24u);
}

TEST(ChangePointsTest, FindsNoneInNoise) {
  int found = 0;
  constexpr int kSeries = 500;
  for (uint64_t seed = 0; seed < kSeries; ++seed) {
    found += change_points(levels({{40, 100}}, 0.05, seed)).empty() ? 0 : 1;
  }
  // The best of 34 places is looked at, so more than alpha: one in forty.
  EXPECT_LE(found, kSeries / 40) << found;
}

TEST(ChangePointsTest, ShortOrLevelSeriesHaveNone) {
  EXPECT_TRUE(change_points({}).empty());
  EXPECT_TRUE(change_points(std::vector{1.0, 2.0, 3.0, 4.0, 5.0}).empty());
  EXPECT_TRUE(change_points(std::vector<double>(50, 3.0)).empty());
}

TEST(ChangePointsTest, AStepWithoutNoiseIsFound) {
  std::vector<double> values(10, 5.0);
  values.resize(15, 6.0);
  const auto points = change_points(values);
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].index, 10u);
  EXPECT_EQ(points[0].p, 0);
}

}  // namespace
}  // namespace tidemark
