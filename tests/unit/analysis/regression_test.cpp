// Simulated runs: how often a regression is called that is none, and how the
// ones that are get their severity.
#include "core/analysis/compare/regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <numbers>
#include <random>

namespace tidemark {
namespace {

constexpr uint64_t kSeed = 20261121;

// Own normal deviates: those of the library differ between libraries.
class Noise {
 public:
  explicit Noise(uint64_t seed) : random_(seed) {}
  double uniform() {
    return (static_cast<double>(random_() >> 11) + 0.5) * 0x1p-53;
  }
  double normal() {
    return std::sqrt(-2 * std::log(uniform())) *
           std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  std::mt19937_64 random_;
};

// How runs of one thing scatter.
enum class Scatter { normal, lognormal, outliers, integers };
constexpr Scatter kScatters[] = {Scatter::normal, Scatter::lognormal,
                                 Scatter::outliers, Scatter::integers};

double draw(Noise& noise, Scatter scatter, double level, double spread) {
  switch (scatter) {
    case Scatter::normal: return level * (1 + spread * noise.normal());
    case Scatter::lognormal: return level * std::exp(spread * noise.normal());
    case Scatter::outliers: {
      // One run in ten was disturbed.
      const double far = noise.uniform() < 0.1 ? 5 : 1;
      return level * (1 + far * spread * noise.normal());
    }
    case Scatter::integers:
      return std::round(level * (1 + spread * noise.normal()));
  }
  return level;
}

std::vector<double> runs(Noise& noise, Scatter scatter, double level,
                         double spread, size_t n) {
  std::vector<double> values;
  for (size_t i = 0; i < n; ++i) {
    values.push_back(draw(noise, scatter, level, spread));
  }
  return values;
}

constexpr double kLevel = 100;

// Clopper and Pearson's upper bound, one-sided 99 %, by bisection.
double upper_bound(int hits, int trials) {
  const auto tail = [&](double p) {  // P(X <= hits)
    double sum = 0;
    for (int k = 0; k <= hits; ++k) {
      sum += std::exp(std::lgamma(trials + 1) - std::lgamma(k + 1) -
                      std::lgamma(trials - k + 1) + k * std::log(p) +
                      (trials - k) * std::log1p(-p));
    }
    return sum;
  };
  double lo = 1e-9, hi = 0.999999;
  for (int i = 0; i < 100; ++i) {
    const double middle = (lo + hi) / 2;
    (tail(middle) > 0.01 ? lo : hi) = middle;
  }
  return hi;
}

TEST(RegressionTest, CallsAlmostNothingThatIsNone) {
  constexpr int kPairs = 2000;
  Noise noise(kSeed);
  int all = 0, alarms = 0, warnings = 0;
  for (const Scatter scatter : kScatters) {
    for (const double spread : {0.0, 0.01, 0.03, 0.10, 0.30}) {
      for (int i = 0; i < kPairs / 4; ++i) {
        const auto before = runs(noise, scatter, kLevel, spread, 5);
        const auto after = runs(noise, scatter, kLevel, spread, 5);
        const auto result = judge_regression(before, after, {});
        ++all;
        alarms += result.outcome == Outcome::worse ? 1 : 0;
        warnings += result.outcome == Outcome::maybe_worse ? 1 : 0;
      }
    }
  }
  const double bound = upper_bound(alarms, all);
  std::printf(
      "no shift: %d false alarms in %d pairs, at most %.3f %% (99 %%)\n",
      alarms, all, 100 * bound);
  EXPECT_LE(bound, 0.01);
  EXPECT_EQ(warnings, 0) << "five runs a side are enough to be certain";
}

TEST(RegressionTest, CallsAlmostNothingWithHistoryEither) {
  constexpr int kPairs = 2000;
  Noise noise(kSeed + 1);
  int alarms = 0;
  for (int i = 0; i < kPairs; ++i) {
    const Scatter scatter = kScatters[i % 4];
    const double spread = i % 8 < 4 ? 0.03 : 0.10;
    const auto history = runs(noise, scatter, kLevel, spread, 20);
    const auto after = runs(noise, scatter, kLevel, spread, 5);
    const auto result = judge_regression(history, after, {}, {}, history);
    alarms += result.outcome == Outcome::worse ? 1 : 0;
  }
  const double bound = upper_bound(alarms, kPairs);
  std::printf("history of 20: %d false alarms in %d, at most %.3f %%\n", alarms,
              kPairs, 100 * bound);
  EXPECT_LE(bound, 0.01);
}

// Severity is the near end's: never above what is true, but by chance.
TEST(RegressionTest, NamesSeveritiesAsBanded) {
  constexpr int kPairs = 40;
  constexpr double kSpread = 0.02;
  Noise noise(kSeed + 2);
  std::map<double, std::map<Severity, int>> found;
  int too_severe = 0;
  for (const double shift : {0.0, 0.05, 0.15, 0.30, 0.60}) {
    for (int i = 0; i < kPairs; ++i) {
      const auto before = runs(noise, Scatter::normal, kLevel, kSpread, 10);
      const auto after =
          runs(noise, Scatter::normal, kLevel * (1 + shift), kSpread, 10);
      const auto result = judge_regression(before, after, {});
      const bool called = result.outcome == Outcome::worse;
      const Severity severity = called ? result.severity : Severity::none;
      ++found[shift][severity];
      if (severity > severity_of(shift)) ++too_severe;
      if (called) {
        EXPECT_EQ(severity, severity_of(*result.near_end));
      }
    }
    std::printf("shift %2.0f %%: ", shift * 100);
    for (const auto& [severity, n] : found[shift]) {
      std::printf(" %s %d", severity_name(severity), n);
    }
    std::printf("\n");
  }
  EXPECT_EQ(too_severe, 0);
  EXPECT_EQ(found[0.0][Severity::none], kPairs);
  EXPECT_GE(found[0.15][Severity::minor], kPairs * 9 / 10);
  EXPECT_GE(found[0.30][Severity::major], kPairs * 9 / 10);
  EXPECT_GE(found[0.60][Severity::critical], kPairs * 9 / 10);
}

TEST(RegressionTest, BandsBeginWhereTheyShould) {
  EXPECT_EQ(severity_of(0), Severity::none);
  EXPECT_EQ(severity_of(0.0999), Severity::slight);
  EXPECT_EQ(severity_of(0.10), Severity::minor);
  EXPECT_EQ(severity_of(0.2499), Severity::minor);
  EXPECT_EQ(severity_of(0.25), Severity::major);
  EXPECT_EQ(severity_of(0.50), Severity::major);
  EXPECT_EQ(severity_of(0.51), Severity::critical);
}

TEST(RegressionTest, AFewRunsOnlyWarn) {
  const std::vector<double> before = {100, 101, 99, 100};
  const std::vector<double> after = {160, 161, 159, 160};
  const auto result = judge_regression(before, after, {});
  EXPECT_EQ(result.outcome, Outcome::maybe_worse);
  EXPECT_NE(result.reason.find("at least 5 each"), std::string::npos)
      << result.reason;
}

TEST(RegressionTest, OneRunAgainstOneOnlyWarns) {
  const auto result =
      judge_regression(std::vector{100.0}, std::vector{140.0}, {});
  EXPECT_EQ(result.outcome, Outcome::maybe_worse);
  EXPECT_EQ(result.severity, Severity::major);
  EXPECT_FALSE(result.lo || result.hi);
  EXPECT_EQ(
      judge_regression(std::vector{100.0}, std::vector{105.0}, {}).outcome,
      Outcome::same);
}

TEST(RegressionTest, AnotherTestbedOnlyWarns) {
  const std::vector<double> before = {100, 101, 99, 100, 102};
  const std::vector<double> after = {160, 161, 159, 160, 162};
  EXPECT_EQ(judge_regression(before, after, {}).outcome, Outcome::worse);
  const RegressionOptions capped{.capped = true};
  EXPECT_EQ(judge_regression(before, after, {}, capped).outcome,
            Outcome::maybe_worse);
}

TEST(RegressionTest, FallingThroughputIsWorse) {
  const std::vector<double> before = {100, 101, 99, 100, 102};
  const std::vector<double> after = {60, 61, 59, 60, 62};
  const auto result = judge_regression(before, after, {Better::more, 0});
  EXPECT_EQ(result.outcome, Outcome::worse);
  EXPECT_EQ(result.severity, Severity::major);
  EXPECT_LT(result.change, -0.35);
  EXPECT_EQ(judge_regression(after, before, {Better::more, 0}).outcome,
            Outcome::better);
}

TEST(RegressionTest, NothingIsMadeOfNaN) {
  const std::vector<double> bad = {NAN, INFINITY, -INFINITY};
  const std::vector<double> good = {1, 2, 3, 4, 5};
  EXPECT_EQ(judge_regression(bad, good, {}).outcome, Outcome::unknown);
  EXPECT_EQ(judge_regression(good, bad, {}).outcome, Outcome::unknown);
  EXPECT_EQ(judge_regression({}, {}, {}).outcome, Outcome::unknown);
}

TEST(RegressionTest, FromNothingIsMeasuredByTheBase) {
  const std::vector<double> none(5, 0.0);
  const std::vector<double> some = {0.02, 0.021, 0.019, 0.02, 0.022};
  const Figure share{Better::less, 0.01};
  const auto result = judge_regression(none, some, share);
  EXPECT_EQ(result.outcome, Outcome::worse);
  EXPECT_EQ(result.severity, Severity::critical);
  EXPECT_EQ(judge_regression(none, none, share).outcome, Outcome::same);
}

TEST(RegressionTest, ADescriptorMoreIsNoRegression) {
  const std::vector<double> before(5, 30.0), after(5, 31.0);
  const auto result = judge_regression(before, after, {Better::less, 10});
  EXPECT_EQ(result.outcome, Outcome::worse);
  EXPECT_EQ(result.severity, Severity::slight);  // which fails nothing
}

TEST(RegressionTest, HistoryVotes) {
  Noise noise(kSeed + 3);
  const auto history = runs(noise, Scatter::normal, kLevel, 0.02, 20);
  const auto after = runs(noise, Scatter::normal, kLevel * 1.3, 0.02, 5);
  const auto result = judge_regression(history, after, {}, {}, history);
  EXPECT_EQ(result.outcome, Outcome::worse);
  ASSERT_TRUE(result.level.has_value());
  EXPECT_TRUE(*result.level);
}

TEST(NoiseFloorTest, IsLearnedFromFiveRuns) {
  EXPECT_FALSE(noise_floor(std::vector{1.0, 2.0, 3.0, 4.0}, 0).learned);
  const auto steady = noise_floor(std::vector<double>(5, 7.0), 0);
  EXPECT_TRUE(steady.learned);
  EXPECT_EQ(steady.share, kLeastNoise);
  const auto noisy =
      noise_floor(std::vector{80.0, 90.0, 100.0, 110.0, 120.0}, 0);
  EXPECT_NEAR(noisy.share, 2 * 1.4826 * 0.1, 1e-9);
}

}  // namespace
}  // namespace tidemark
