#include "tui/graph.h"

#include <gtest/gtest.h>

#include <clocale>

namespace tidemark {
namespace {

std::string drawn(const std::vector<std::optional<double>>& points, int height,
                  ValueRange range, Charset charset = Charset::utf8) {
  ::setlocale(LC_CTYPE, "C.UTF-8");
  Canvas canvas(static_cast<int>(points.size()) / 2, height, charset);
  draw_graph(Pane(canvas), points, range, {});
  return canvas.to_text();
}

TEST(Graph, TwoPointsAColumnAndFourLevelsARow) {
  EXPECT_EQ(drawn({1, 2, 3, 4}, 1, {0, 4}), "⣠⣾\n");
  EXPECT_EQ(drawn({4, 8}, 2, {0, 8}), "⢸\n⣿\n");
}

TEST(Graph, ZeroIsDrawnAndAbsentIsBlank) {
  EXPECT_EQ(
      drawn({0, 0, std::nullopt, std::nullopt, 0, std::nullopt}, 1, {0, 4}),
      "⣀ ⡀\n");
}

TEST(Graph, ValuesOutsideTheRangeAreClipped) {
  EXPECT_EQ(drawn({-5, 99}, 1, {0, 4}), "⣸\n");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(drawn({nan, nan}, 1, {0, 4}), "\n");
  EXPECT_EQ(drawn({3, 3}, 1, {3, 3}), "⣀\n");
}

TEST(Graph, InAsciiThreeLevelsARow) {
  EXPECT_EQ(drawn({0, 0, 2, 2, 3, 3}, 1, {0, 3}, Charset::ascii), ".:|\n");
}

TEST(Graph, RangesAreRound) {
  const std::vector<std::optional<double>> points = {0.1, 2.12, std::nullopt};
  EXPECT_DOUBLE_EQ(range_from_zero(points).hi, 3);
  EXPECT_DOUBLE_EQ(range_from_zero({}).hi, 1);
  const std::vector<std::optional<double>> tight = {100.0, 101.0};
  EXPECT_NEAR(range_of_growth(tight, 0.1).lo, 95.45, 0.01);
  EXPECT_NEAR(range_of_growth(tight, 0.1).hi, 105.55, 0.01);
  const std::vector<std::optional<double>> wide = {10.0, 100.0};
  EXPECT_DOUBLE_EQ(range_of_growth(wide, 0.1).lo, 10);
}

}  // namespace
}  // namespace tidemark
