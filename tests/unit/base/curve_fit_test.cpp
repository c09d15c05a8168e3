#include "core/base/curve_fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "core/base/distributions.h"

namespace tidemark {
namespace {

using Values = std::vector<double>;

Values along(size_t n, double step, auto shape) {
  Values y(n);
  for (size_t i = 0; i < n; ++i) y[i] = shape(static_cast<double>(i) * step);
  return y;
}

Values axis(size_t n, double step) {
  return along(n, step, [](double x) { return x; });
}

TEST(CurveFit, LineByHand) {
  const auto fit = fit_line(Values{0, 1, 2}, Values{1, 2, 6});
  ASSERT_TRUE(fit);
  EXPECT_DOUBLE_EQ(fit->slope, 2.5);
  EXPECT_DOUBLE_EQ(fit->intercept, 0.5);
  EXPECT_DOUBLE_EQ(fit->sse, 1.5);
  EXPECT_DOUBLE_EQ(fit->slope_error, std::sqrt(0.75));
}

TEST(CurveFit, TooLittleDataHasNoFit) {
  EXPECT_FALSE(fit_line({}, {}));
  EXPECT_FALSE(fit_line(Values{1}, Values{1}));
  EXPECT_FALSE(fit_line(Values{1, 1, 1}, Values{1, 2, 3}));
  EXPECT_FALSE(fit_saturating(axis(3, 1), axis(3, 1)));
  EXPECT_FALSE(fit_both(axis(5, 1), axis(5, 1)));
  EXPECT_FALSE(fit_step(axis(3, 1), axis(3, 1), 2));
  EXPECT_FALSE(fit_step(axis(3, 1), axis(3, 1), 0));
}

TEST(CurveFit, SaturatingFindsPlateauAndTau) {
  const Values x = axis(40, 5);
  const Values y =
      along(40, 5, [](double t) { return 200 + 50 * (1 - std::exp(-t / 60)); });
  const auto fit = fit_saturating(x, y);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->amplitude, 50, 3);
  EXPECT_NEAR(fit->tau, 60, 6);
  EXPECT_NEAR(fit->intercept, 200, 2);
  EXPECT_LT(aicc(*fit, 40, 0), aicc(*fit_line(x, y), 40, 0) - 50);
}

TEST(CurveFit, AFallingSeriesDoesNotSaturate) {
  const Values x = axis(20, 1);
  EXPECT_FALSE(fit_saturating(x, along(20, 1, [](double t) { return -t; })));
}

TEST(CurveFit, BothSeparatesALeakFromItsWarmUp) {
  const Values x = axis(60, 1);
  const Values y = along(60, 1, [](double t) {
    return 10 + 0.5 * t + 30 * (1 - std::exp(-t / 9));
  });
  const auto fit = fit_both(x, y);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->slope, 0.5, 0.02);
  EXPECT_NEAR(fit->amplitude, 30, 1);
  EXPECT_GT(fit->slope_lo, 0.4);
  EXPECT_LE(fit->slope_lo, fit->slope);
}

TEST(CurveFit, BothBoundIsLowOnAPureCache) {
  std::mt19937_64 random(9);
  std::normal_distribution<double> noise(0, 0.5);
  const Values x = axis(24, 1);
  Values y =
      along(24, 1, [](double t) { return 60 * (1 - std::exp(-t / 12)); });
  for (double& value : y) value += noise(random);
  EXPECT_LT(fit_both(x, y)->slope_lo, 0.1);
}

TEST(CurveFit, LogarithmNeedsAPositiveAxis) {
  EXPECT_FALSE(fit_log(axis(9, 1), axis(9, 1)));
  const Values x{1, 2, 4, 8, 16};
  const auto fit = fit_log(x, Values{3, 5, 7, 9, 11});
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->intercept, 3, 1e-9);
  EXPECT_NEAR(fit->amplitude, 2 / std::log(2.0), 1e-9);
  EXPECT_NEAR(fit->sse, 0, 1e-12);
}

TEST(CurveFit, StepIsFoundWhereItIs) {
  const Values y{1, 1, 1, 1, 5, 5, 5, 5, 5};
  const auto fit = fit_step(axis(9, 1), y);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->at, 4u);
  EXPECT_DOUBLE_EQ(fit->amplitude, 4);
  EXPECT_NEAR(fit->sse, 0, 1e-12);
}

TEST(CurveFit, AnExactLineIsComparedByParameters) {
  const Values x = axis(10, 1);
  const double line = aicc(*fit_line(x, x), 10, 1.0 / 12);
  EXPECT_LT(line, aicc(*fit_both(x, x), 10, 1.0 / 12));
  EXPECT_LT(line, aicc(*fit_saturating(x, x), 10, 1.0 / 12));
  EXPECT_TRUE(std::isfinite(aicc(*fit_line(x, x), 10, 0)));
}

TEST(Distributions, KnownQuantiles) {
  EXPECT_NEAR(normal_upper_quantile(0.01), 2.3263, 1e-4);
  EXPECT_NEAR(normal_upper_quantile(0.1), 1.2816, 1e-4);
  EXPECT_NEAR(normal_upper_tail(1.96), 0.025, 1e-4);
  EXPECT_NEAR(student_upper_tail(2.7638, 10), 0.01, 1e-5);
}

// Random foreign-looking series: fits are absent or finite, never worse than
// the line they contain.
TEST(CurveFit, RandomSeriesGiveFiniteNestedFits) {
  std::mt19937_64 random(23);
  for (int run = 0; run < 300; ++run) {
    const size_t n = 2 + random() % 30;
    Values x(n), y(n);
    double at = static_cast<double>(random() % 1000);
    for (size_t i = 0; i < n; ++i) {
      at += static_cast<double>(random() % 3);
      x[i] = at;
      y[i] = std::ldexp(static_cast<double>(random() % 1000),
                        static_cast<int>(random() % 40));
    }
    const auto line = fit_line(x, y);
    EXPECT_EQ(line.has_value(), x.back() > x.front());
    const auto both = fit_both(x, y);
    if (!both) continue;
    EXPECT_TRUE(std::isfinite(both->sse) && std::isfinite(both->slope_lo));
    EXPECT_LE(both->sse, line->sse * (1 + 1e-6) + 1e-6);
    const auto saturating = fit_saturating(x, y);
    if (saturating) {
      EXPECT_TRUE(std::isfinite(aicc(*saturating, n, 0)));
    }
  }
}

}  // namespace
}  // namespace tidemark
