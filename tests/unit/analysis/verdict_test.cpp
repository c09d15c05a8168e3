#include "core/analysis/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace tidemark {
namespace {

using testing::HasSubstr;
using Point = Finding::Point;

constexpr double kMiB = 1024 * 1024;
constexpr double kPage = 4096;

double to_page(double bytes) { return std::floor(bytes / kPage) * kPage; }

// Cycles of 14 s and 30,000 operations; value(k) is retained after cycle k.
CurveInput cycles(size_t count, auto value) {
  CurveInput input;
  input.ops_known = true;
  input.op_name = "request";
  input.instrument_floor = kPage;
  for (size_t k = 0; k < count; ++k) {
    const double at = static_cast<double>(k + 1);
    input.retained.push_back({14 * at, 30'000 * at, value(k)});
  }
  return input;
}

// One sample per second; value(t).
CurveInput phase(size_t seconds, auto value) {
  CurveInput input;
  input.instrument_floor = kPage;
  for (size_t t = 0; t < seconds; ++t) {
    const double at = static_cast<double>(t);
    input.samples.push_back({at, 0, value(at)});
  }
  return input;
}

class Noise {
 public:
  explicit Noise(double deviation, uint64_t seed = 1)
      : random_(seed), normal_(0, deviation) {}
  double operator()() { return normal_(random_); }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

// ---- Cycles

TEST(JudgeCycles, ALeakPerOperationIsConfirmed) {
  Noise noise(0.3 * kMiB);
  const Finding finding = judge(cycles(14, [&](size_t k) {
    const double ops = 30'000.0 * static_cast<double>(k + 1);
    return to_page(50 * kMiB + 64 * ops + noise());
  }));
  EXPECT_EQ(finding.verdict, Verdict::leak) << finding.reason;
  EXPECT_EQ(finding.confirmed_by, Confirmation::cycles);
  EXPECT_EQ(finding.cycles, 12);
  EXPECT_EQ(finding.points.size(), 12u);
  EXPECT_EQ(finding.op_name, "request");
  EXPECT_EQ(finding.leak_class, "heap leak or allocator retention");
  ASSERT_TRUE(finding.slope_per_op);
  EXPECT_LT(finding.slope_per_op->lo, 64);
  EXPECT_GT(finding.slope_per_op->hi, 64);
  EXPECT_EQ(finding.slope_per_op->n, 12);
  EXPECT_THAT(finding.slope_per_op->method, HasSubstr("ops"));
  // 30,000 operations in 14 s.
  EXPECT_NEAR(finding.slope_per_minute.value,
              finding.slope_per_op->value * 30'000 / 14 * 60, 1);
  EXPECT_THAT(finding.slope_per_minute.method, HasSubstr("converted"));
  EXPECT_GT(finding.min_detectable_per_minute, 0);
  ASSERT_TRUE(finding.min_detectable_per_op);
  EXPECT_LT(*finding.min_detectable_per_op, 16);
  EXPECT_LT(finding.p_value, 1e-4);
  EXPECT_THAT(finding.reason, HasSubstr("retained more than the one before"));
}

// A page or two more after each cycle, as regular as can be: an allocator at
// work, not a leak.
TEST(JudgeCycles, LittlePerOperationButMuchPerMinuteIsSuspect) {
  // 4 B of each of 30,000 requests in 14 s: 0.5 MiB a minute.
  const Finding finding = judge(cycles(14, [](size_t k) {
    return to_page(50 * kMiB + 120'000 * static_cast<double>(k));
  }));
  EXPECT_EQ(finding.verdict, Verdict::suspect) << finding.reason;
  EXPECT_THAT(finding.reason, HasSubstr("little per operation"));
  EXPECT_THAT(finding.reason, HasSubstr("/min"));
}

TEST(JudgeCycles, AFewPagesPerCycleAreNone) {
  CurveInput input = cycles(14, [](size_t k) {
    return 4 * kMiB + 2 * kPage * static_cast<double>(k);
  });
  Finding finding = judge(input);
  EXPECT_EQ(finding.verdict, Verdict::none);
  EXPECT_EQ(
      finding.reason,
      "no growth of 16 B per request or more; it rises by 0.273 B per request");
  // In cycles of one second it is above 0.1 MiB/min, and still only 88 KiB.
  input.ops_known = false;
  for (size_t k = 0; k < 14; ++k) {
    input.retained[k].seconds = static_cast<double>(k);
  }
  finding = judge(input);
  EXPECT_EQ(finding.verdict, Verdict::suspect) << finding.reason;
}

// 80 B per operation, but only ten operations a minute.
TEST(JudgeCycles, MuchPerOperationAndLittlePerMinute) {
  const auto make = [](double bytes_per_op) {
    CurveInput input = cycles(14, [&](size_t k) {
      return 50 * kMiB + bytes_per_op * 1000 * static_cast<double>(k);
    });
    for (size_t k = 0; k < 14; ++k) {
      const double at = static_cast<double>(k + 1);
      input.retained[k].seconds = 6000 * at;
      input.retained[k].ops = 1000 * at;
    }
    return input;
  };
  EXPECT_EQ(judge(make(800)).verdict, Verdict::leak);
  EXPECT_EQ(judge(make(80)).verdict, Verdict::none);  // 880 kB in a day
  EXPECT_EQ(judge(make(8)).verdict, Verdict::none);
}

TEST(JudgeCycles, SmallUnevenGrowthIsNone) {
  const Finding finding = judge(cycles(14, [](size_t k) {
    return 50 * kMiB + (k > 4 ? 40 : 0) * kPage + (k > 9 ? 40 : 0) * kPage;
  }));
  EXPECT_EQ(finding.verdict, Verdict::none) << finding.reason;
}

// Rises in most cycles, but falls back as much: the weakest cycles decide.
TEST(JudgeCycles, GrowthThatIsGivenBackIsNotConfirmed) {
  const Finding finding = judge(cycles(14, [](size_t k) {
    const double at = static_cast<double>(k);
    return 50 * kMiB + at * 2 * kMiB - (k % 3 == 2 ? 9 * kMiB : 0);
  }));
  EXPECT_NE(finding.verdict, Verdict::leak) << finding.reason;
}

// Growing half as fast in the second half.
TEST(JudgeCycles, GrowthThatSlowsIsNotConfirmed) {
  Noise noise(0.1 * kMiB);
  const Finding finding = judge(cycles(14, [&](size_t k) {
    const double at = static_cast<double>(k);
    return 50 * kMiB + 10 * kMiB * std::log1p(at) + noise();
  }));
  EXPECT_EQ(finding.verdict, Verdict::saturating) << finding.reason;
}

TEST(JudgeCycles, WithoutOperationsTheAxisIsTime) {
  CurveInput input = cycles(14, [](size_t k) {
    return to_page(50 * kMiB + static_cast<double>(k) * kMiB);
  });
  input.ops_known = false;
  const Finding finding = judge(input);
  EXPECT_EQ(finding.verdict, Verdict::leak) << finding.reason;
  EXPECT_FALSE(finding.slope_per_op);
  EXPECT_FALSE(finding.min_detectable_per_op);
  EXPECT_NEAR(finding.slope_per_minute.value, kMiB / 14 * 60, kPage);
  EXPECT_THAT(finding.slope_per_minute.method, HasSubstr("time"));
}

TEST(JudgeCycles, OperationsThatDoNotAdvanceAreNoAxis) {
  CurveInput input = cycles(14, [](size_t) { return 50 * kMiB; });
  for (Point& point : input.retained) point.ops = 7;
  const Finding finding = judge(input);
  EXPECT_FALSE(finding.slope_per_op);
  EXPECT_EQ(finding.verdict, Verdict::none);
}

TEST(JudgeCycles, ExactlyFlatIsNoneAndSaysWhatItCouldHaveSeen) {
  const Finding finding = judge(cycles(14, [](size_t) { return 50 * kMiB; }));
  EXPECT_EQ(finding.verdict, Verdict::none);
  EXPECT_EQ(finding.slope_per_minute.value, 0);
  EXPECT_EQ(finding.slope_per_minute.hi, 0);
  // A page, read to sqrt(1/12): 3.608 * 1182 B / (11 cycles * 14 s).
  EXPECT_NEAR(finding.min_detectable_per_minute,
              3.608 * kPage / std::sqrt(12.0) / (11 * 14.0 / 60), 1);
  EXPECT_TRUE(finding.leak_class.empty());
  EXPECT_EQ(finding.confirmed_by, Confirmation::none);
  EXPECT_EQ(finding.reason, "flat at 50 MiB");
}

TEST(JudgeCycles, NoisyFlatIsNone) {
  Noise noise(0.3 * kMiB);
  const Finding finding =
      judge(cycles(14, [&](size_t) { return to_page(50 * kMiB + noise()); }));
  EXPECT_EQ(finding.verdict, Verdict::none) << finding.reason;
}

TEST(JudgeCycles, FallingIsNone) {
  const Finding finding = judge(cycles(
      14, [](size_t k) { return 50 * kMiB - static_cast<double>(k) * kMiB; }));
  EXPECT_EQ(finding.verdict, Verdict::none);
  EXPECT_EQ(finding.reason, "falls");
}

TEST(JudgeCycles, FewerCyclesAreAtMostSuspect) {
  for (size_t count = 8; count < 12; ++count) {
    const Finding finding = judge(cycles(count, [](size_t k) {
      return 50 * kMiB + 4 * kMiB * static_cast<double>(k);
    }));
    EXPECT_EQ(finding.verdict, Verdict::suspect) << count;
    EXPECT_EQ(finding.confirmed_by, Confirmation::none);
    EXPECT_NEAR(finding.needed_seconds, 14 * static_cast<double>(12 - count),
                1e-6);
  }
}

TEST(JudgeCycles, MarkedWarmUpIsNotDroppedTwice) {
  CurveInput input = cycles(10, [](size_t k) {
    return 50 * kMiB + 4 * kMiB * static_cast<double>(k);
  });
  input.warmup_marked = true;
  const Finding finding = judge(input);
  EXPECT_EQ(finding.verdict, Verdict::leak) << finding.reason;
  EXPECT_EQ(finding.cycles, 10);
}

TEST(JudgeCycles, WarmUpCyclesAreDropped) {
  const Finding finding =
      judge(cycles(14, [](size_t k) { return k < 2 ? 10 * kMiB : 50 * kMiB; }));
  EXPECT_EQ(finding.verdict, Verdict::none) << finding.reason;
}

TEST(JudgeCycles, AFillingCacheSaturates) {
  Noise noise(0.1 * kMiB);
  const Finding finding = judge(cycles(14, [&](size_t k) {
    return 50 * kMiB + 60 * kMiB * (1 - std::exp(-static_cast<double>(k) / 5)) +
           noise();
  }));
  EXPECT_EQ(finding.verdict, Verdict::saturating) << finding.reason;
  ASSERT_TRUE(finding.plateau);
  EXPECT_NEAR(*finding.plateau, 110 * kMiB, 6 * kMiB);
  EXPECT_GT(finding.needed_seconds, 100);
  EXPECT_THAT(finding.reason, HasSubstr("slows down"));
}

TEST(JudgeCycles, ALeakAfterAWarmUpIsALeak) {
  Noise noise(0.05 * kMiB);
  const Finding finding = judge(cycles(20, [&](size_t k) {
    const double at = static_cast<double>(k);
    return 50 * kMiB + 40 * kMiB * (1 - std::exp(-at / 1.5)) + 3 * kMiB * at +
           noise();
  }));
  EXPECT_EQ(finding.verdict, Verdict::leak) << finding.reason;
}

TEST(JudgeCycles, OneStepIsAStep) {
  Noise noise(0.05 * kMiB);
  const Finding finding = judge(cycles(14, [&](size_t k) {
    return 50 * kMiB + (k >= 8 ? 30 * kMiB : 0) + noise();
  }));
  EXPECT_EQ(finding.verdict, Verdict::step) << finding.reason;
  EXPECT_THAT(finding.reason, HasSubstr("rose once"));
}

TEST(JudgeCycles, TwoStepsAreNoConfirmedLeak) {
  const Finding finding = judge(cycles(14, [&](size_t k) {
    return 50 * kMiB + (k >= 6 ? 12 * kMiB : 0) + (k >= 10 ? 12 * kMiB : 0);
  }));
  EXPECT_NE(finding.verdict, Verdict::leak) << finding.reason;
  EXPECT_NE(finding.verdict, Verdict::none) << finding.reason;
}

TEST(JudgeCycles, NoiseAboveTheThresholdIsInconclusiveAndSaysHowLong) {
  Noise noise(20 * kMiB);
  const Finding finding =
      judge(cycles(14, [&](size_t) { return 500 * kMiB + noise(); }));
  EXPECT_EQ(finding.verdict, Verdict::inconclusive) << finding.reason;
  EXPECT_GT(finding.needed_seconds, 14);
  EXPECT_THAT(finding.reason, HasSubstr("noise"));
}

TEST(JudgeCycles, ACacheThatIsFullSaturatesAtItsLevel) {
  Noise noise(0.05 * kMiB);
  const Finding finding = judge(cycles(16, [&](size_t k) {
    return 50 * kMiB + 10 * kMiB * std::min(6.0, static_cast<double>(k)) +
           noise();
  }));
  EXPECT_EQ(finding.verdict, Verdict::saturating) << finding.reason;
  ASSERT_TRUE(finding.plateau);
  EXPECT_NEAR(*finding.plateau, 110 * kMiB, 0.2 * kMiB);
}

TEST(JudgeCycles, ALeakThatBeganLateIsSuspected) {
  Noise noise(0.05 * kMiB);
  const Finding finding = judge(cycles(14, [&](size_t k) {
    return 50 * kMiB + 5 * kMiB * std::max(0.0, static_cast<double>(k) - 7) +
           noise();
  }));
  EXPECT_EQ(finding.verdict, Verdict::suspect) << finding.reason;
  EXPECT_THAT(finding.reason, HasSubstr("in the last"));
  EXPECT_NEAR(finding.needed_seconds, 4 * 14, 1e-6);
}

TEST(JudgeCycles, StartUpGrowthIsNamed) {
  Noise noise(3 * kMiB, 4);
  const Finding finding = judge(cycles(
      14, [&](size_t k) { return k == 0 ? 10 * kMiB : 500 * kMiB + noise(); }));
  EXPECT_EQ(finding.verdict, Verdict::startup) << finding.reason;
}

// ---- Handles

CurveInput handles(size_t count, auto value) {
  CurveInput input = cycles(count, value);
  input.resource = Resource::fds;
  input.instrument_floor = 1;
  return input;
}

TEST(JudgeHandles, OneMorePerCycleIsConfirmedByIntegers) {
  const Finding finding =
      judge(handles(12, [](size_t k) { return 20 + static_cast<double>(k); }));
  EXPECT_EQ(finding.verdict, Verdict::leak) << finding.reason;
  EXPECT_EQ(finding.confirmed_by, Confirmation::integers);
  EXPECT_EQ(finding.leak_class, "handle leak");
  EXPECT_EQ(finding.reason,
            "9 of 9 cycles retained more than the one before; 9 fds in all");
}

TEST(JudgeHandles, FlatIsNoneWithAPieceAsItsResolution) {
  const Finding finding = judge(handles(12, [](size_t) { return 20.0; }));
  EXPECT_EQ(finding.verdict, Verdict::none);
  EXPECT_GT(finding.min_detectable_per_minute, 0);
}

TEST(JudgeHandles, UpsAndDownsAreNone) {
  const Finding finding = judge(
      handles(14, [](size_t k) { return 20 + static_cast<double>(k % 2); }));
  EXPECT_EQ(finding.verdict, Verdict::none) << finding.reason;
}

TEST(JudgeHandles, OneMoreInThreeCyclesIsNeverNone) {
  const Finding finding = judge(
      handles(14, [](size_t k) { return 20 + static_cast<double>(k / 3); }));
  EXPECT_EQ(finding.verdict, Verdict::suspect) << finding.reason;
}

TEST(JudgeHandles, AFillingPoolIsNoLeak) {
  const Finding finding = judge(handles(
      14, [](size_t k) { return 20 + std::min(6.0, static_cast<double>(k)); }));
  EXPECT_NE(finding.verdict, Verdict::leak) << finding.reason;
}

// ---- One long phase

TEST(JudgePhase, ALeakIsOnlySuspected) {
  Noise noise(0.6 * kMiB);
  const Finding finding = judge(phase(1800, [&](double t) {
    return 200 * kMiB + 2 * kMiB * t / 60 + noise();
  }));
  EXPECT_EQ(finding.verdict, Verdict::suspect) << finding.reason;
  EXPECT_EQ(finding.confirmed_by, Confirmation::none);
  EXPECT_EQ(finding.cycles, 0);
  EXPECT_NEAR(finding.slope_per_minute.value, 2 * kMiB, 0.2 * kMiB);
  EXPECT_LE(finding.points.size(), 24u);
}

TEST(JudgePhase, OperationsAreItsAxisWhenKnown) {
  CurveInput input = phase(5400, [](double t) { return kMiB + 400 * t; });
  for (Point& point : input.samples) point.ops = 10 * point.seconds;
  input.ops_known = true;
  const Finding finding = judge(input);
  EXPECT_EQ(finding.verdict, Verdict::suspect) << finding.reason;
  ASSERT_TRUE(finding.slope_per_op);
  EXPECT_NEAR(finding.slope_per_op->value, 40, 0.5);
  EXPECT_NEAR(finding.slope_per_minute.value, 24'000, 300);
}

TEST(JudgePhase, ASawtoothIsNone) {
  Noise noise(0.6 * kMiB);
  const Finding finding = judge(phase(3600, [&](double t) {
    return 200 * kMiB + 40 * kMiB * std::fmod(t, 70) / 70 + noise();
  }));
  EXPECT_EQ(finding.verdict, Verdict::none) << finding.reason;
}

TEST(JudgePhase, AFillingCacheSaturates) {
  Noise noise(0.6 * kMiB);
  const Finding finding = judge(phase(1800, [&](double t) {
    return 200 * kMiB + 100 * kMiB * (1 - std::exp(-t / 700)) + noise();
  }));
  EXPECT_EQ(finding.verdict, Verdict::saturating) << finding.reason;
}

TEST(JudgePhase, TooShortSaysHowMuchLonger) {
  const Finding finding = judge(phase(60, [](double) { return kMiB; }));
  EXPECT_EQ(finding.verdict, Verdict::inconclusive);
  EXPECT_THAT(finding.reason, HasSubstr("too short"));
  EXPECT_NEAR(finding.needed_seconds, 120, 20);
  // As long as it said, and it is decided.
  const auto longer = static_cast<size_t>(60 + finding.needed_seconds) + 5;
  EXPECT_EQ(judge(phase(longer, [](double) { return kMiB; })).verdict,
            Verdict::none);
}

// ---- Input that allows no verdict

TEST(Judge, NothingIsInconclusive) {
  const Finding finding = judge({});
  EXPECT_EQ(finding.verdict, Verdict::inconclusive);
  EXPECT_GT(finding.needed_seconds, 0);
}

TEST(Judge, UnusableSaysWhy) {
  CurveInput input = cycles(14, [](size_t) { return kMiB; });
  input.unusable = "the process was replaced";
  const Finding finding = judge(input);
  EXPECT_EQ(finding.verdict, Verdict::inconclusive);
  EXPECT_EQ(finding.reason, "the process was replaced");
}

TEST(Judge, LowCoverageWithholdsTheVerdict) {
  CurveInput input = cycles(14, [](size_t k) {
    return 50 * kMiB + 4 * kMiB * static_cast<double>(k);
  });
  input.coverage = 0.8;
  const Finding finding = judge(input);
  EXPECT_EQ(finding.verdict, Verdict::inconclusive);
  EXPECT_EQ(finding.confirmed_by, Confirmation::none);
  EXPECT_TRUE(finding.leak_class.empty());
  EXPECT_THAT(finding.reason, HasSubstr("80 %"));
}

TEST(Judge, NotANumberIsRefused) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()}) {
    CurveInput input = cycles(14, [](size_t) { return kMiB; });
    input.retained[3].value = bad;
    EXPECT_EQ(judge(input).verdict, Verdict::inconclusive);
    input = phase(600, [](double) { return kMiB; });
    input.samples[7].seconds = bad;
    EXPECT_EQ(judge(input).verdict, Verdict::inconclusive);
  }
}

TEST(Judge, ReadingsOutOfOrderAreRefused) {
  CurveInput input = cycles(14, [](size_t) { return kMiB; });
  std::swap(input.retained[3], input.retained[9]);
  EXPECT_EQ(judge(input).verdict, Verdict::inconclusive);
  EXPECT_THAT(judge(input).reason, HasSubstr("out of order"));
}

TEST(Judge, ImplausiblyLargeReadingsAreRefused) {
  CurveInput input = phase(600, [](double) { return kMiB; });
  input.samples.back().seconds = 1e278;
  EXPECT_EQ(judge(input).verdict, Verdict::inconclusive);
}

TEST(Judge, ReadingsAtOneInstantAreInconclusive) {
  CurveInput input = cycles(14, [](size_t) { return kMiB; });
  for (Point& point : input.retained) point.seconds = 5;
  EXPECT_EQ(judge(input).verdict, Verdict::inconclusive);
}

TEST(Judge, AHostileOperationNameStaysOutOfTheReason) {
  CurveInput input = cycles(
      14, [](size_t k) { return 50 * kMiB + kPage * static_cast<double>(k); });
  input.op_name = "\x1b[31m<b>";
  EXPECT_THAT(judge(input).reason, HasSubstr("16 B per op or more"));
}

TEST(Judge, TheUsersThresholdRules) {
  const CurveInput input = cycles(14, [](size_t k) {
    return 50 * kMiB + 4 * kMiB * static_cast<double>(k);
  });
  VerdictOptions options;
  options.delta_per_minute = 100 * kMiB;
  EXPECT_EQ(judge(input, options).verdict, Verdict::none);
  options = {};
  options.delta_per_op = 1000;
  EXPECT_EQ(judge(input, options).verdict, Verdict::none);
  options.delta_per_op = 100;
  EXPECT_EQ(judge(input, options).verdict, Verdict::leak);
}

bool same(const Estimate& a, const Estimate& b) {
  return a.value == b.value && a.lo == b.lo && a.hi == b.hi && a.n == b.n &&
         a.method == b.method;
}

TEST(Judge, TheSameInputGivesTheSameFinding) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Noise noise(kMiB, seed);
    const CurveInput input = cycles(14, [&](size_t k) {
      return 50 * kMiB + static_cast<double>(k) * kMiB + noise();
    });
    const Finding a = judge(input);
    const Finding b = judge(input);
    EXPECT_EQ(a.verdict, b.verdict);
    EXPECT_EQ(a.reason, b.reason);
    EXPECT_TRUE(same(a.slope_per_minute, b.slope_per_minute));
    EXPECT_TRUE(same(*a.slope_per_op, *b.slope_per_op));
    EXPECT_EQ(a.needed_seconds, b.needed_seconds);
    EXPECT_EQ(a.min_detectable_per_minute, b.min_detectable_per_minute);
  }
}

// Any series: a verdict with a reason, and finite figures.
TEST(Judge, AnySeriesGetsAReasonAndFiniteFigures) {
  std::mt19937_64 random(99);
  for (int run = 0; run < 400; ++run) {
    CurveInput input;
    input.resource = static_cast<Resource>(random() % 11);
    input.ops_known = random() % 2 == 0;
    input.warmup_marked = random() % 2 == 0;
    const int scale = static_cast<int>(random() % 40);
    double seconds = 0, ops = 0;
    auto& points = random() % 2 == 0 ? input.retained : input.samples;
    for (uint64_t n = random() % 300; n > 0; --n) {
      seconds += static_cast<double>(random() % 4);
      ops += static_cast<double>(random() % 3) - (random() % 50 == 0 ? 9 : 0);
      const auto digit = static_cast<double>(random() % 10);
      points.push_back({seconds, ops, std::ldexp(digit, scale)});
    }
    const Finding finding = judge(input);
    EXPECT_FALSE(finding.reason.empty());
    EXPECT_TRUE(std::isfinite(finding.needed_seconds));
    EXPECT_GE(finding.needed_seconds, 0);
    EXPECT_TRUE(std::isfinite(finding.slope_per_minute.lo));
    EXPECT_TRUE(std::isfinite(finding.slope_per_minute.hi));
    EXPECT_TRUE(std::isfinite(finding.min_detectable_per_minute));
    EXPECT_EQ(finding.confirmed_by != Confirmation::none,
              finding.verdict == Verdict::leak);
  }
}

}  // namespace
}  // namespace tidemark
