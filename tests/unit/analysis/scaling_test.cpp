#include "core/analysis/scaling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace tidemark {
namespace {

constexpr double kUsers[] = {1, 5, 10, 20, 50};

std::vector<LoadPoint> law(double lambda, double sigma, double kappa,
                           double noise = 0) {
  const Scaling scaling{.lambda = lambda, .sigma = sigma, .kappa = kappa};
  std::vector<LoadPoint> points;
  double sign = 1;
  for (const double users : kUsers) {
    points.push_back({users, scaling.at(users) * (1 + sign * noise)});
    sign = -sign;
  }
  return points;
}

TEST(ScalingTest, FindsTheLawThatMadeThePoints) {
  const auto fit = fit_scaling(law(1000, 0.05, 0.001));
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->lambda, 1000, 1e-3);
  EXPECT_NEAR(fit->sigma, 0.05, 1e-6);
  EXPECT_NEAR(fit->kappa, 0.001, 1e-7);
  EXPECT_LT(fit->worst_error, 1e-6);
  ASSERT_TRUE(fit->peak_users);
  EXPECT_NEAR(*fit->peak_users, std::sqrt(0.95 / 0.001), 1e-3);
  EXPECT_TRUE(fit->peak_is_near);
}

TEST(ScalingTest, NoisePullsNoCoefficientBelowNothing) {
  const auto fit = fit_scaling(law(1000, 0, 0, 0.03));
  ASSERT_TRUE(fit);
  EXPECT_GE(fit->sigma, 0);
  EXPECT_GE(fit->kappa, 0);
  EXPECT_NEAR(fit->lambda, 1000, 60);
  EXPECT_LT(fit->worst_error, 0.08);
}

TEST(ScalingTest, OfOneLockThereIsALimitAndNoPeak) {
  const auto fit = fit_scaling(law(1000, 0.2, 0));
  ASSERT_TRUE(fit);
  EXPECT_FALSE(fit->peak_is_near);
  EXPECT_NEAR(fit->lambda / fit->sigma, 5000, 1);
}

TEST(ScalingTest, TwoLevelsAndNothingCountedAreTooLittle) {
  EXPECT_FALSE(fit_scaling({}));
  EXPECT_FALSE(fit_scaling(std::vector<LoadPoint>{{1, 10}, {2, 20}}));
  EXPECT_FALSE(fit_scaling(std::vector<LoadPoint>{{1, 10}, {2, 0}, {3, 9}}));
  EXPECT_FALSE(fit_scaling(std::vector<LoadPoint>{{4, 10}, {4, 9}, {4, 11}}));
}

TEST(ThroughputKneeTest, IsWhereMoreUsersBringLess) {
  const std::vector<LoadPoint> flat = {
      {1, 100}, {5, 480}, {10, 900}, {20, 950}, {50, 940}};
  EXPECT_EQ(throughput_knee(flat), 2u);
  const std::vector<LoadPoint> linear = {{1, 100}, {5, 500}, {10, 1000}};
  EXPECT_FALSE(throughput_knee(linear));
  EXPECT_FALSE(throughput_knee(std::vector<LoadPoint>{{1, 9}, {2, 9}}));
}

}  // namespace
}  // namespace tidemark
