// The integers that the kernel samples with, against the formulas.
#include "probes/heap_sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "probes/heap_tables.h"

namespace tidemark {
namespace {

class HeapSamplingTest : public testing::Test {
 protected:
  tidemark_sampling_tables tables_ = sampling_tables();
  uint64_t gap(uint32_t random, uint64_t period) const {
    return tidemark_gap(tables_.log2_of, random, period);
  }
  uint64_t weight(uint64_t size, uint64_t period) const {
    return tidemark_weight(tables_.weight_of, size, period);
  }
};

TEST_F(HeapSamplingTest, AGapIsTheLogarithmOfItsRandomNumber) {
  std::mt19937 random(7);
  for (int i = 0; i < 10'000; ++i) {
    const auto value = static_cast<uint32_t>(random() >> (random() % 32));
    const double u = (value + 1.0) / 4294967296.0;
    const double exact = -std::log(u) * 65536;
    EXPECT_NEAR(double(gap(value, 65536)), exact, 3 + exact * 1e-4) << value;
  }
}

TEST_F(HeapSamplingTest, GapsReachFromNothingToThirtyTwoHalvings) {
  EXPECT_EQ(gap(UINT32_MAX, 65536), 0u);
  EXPECT_NEAR(double(gap(0, 65536)), 32 * std::log(2.0) * 65536, 64);
}

// A mean that is off by as little would be seen in every estimate.
TEST_F(HeapSamplingTest, TheMeanGapIsThePeriod) {
  std::mt19937 random(42);
  for (const uint64_t period : {4096ull, 65536ull, 1ull << 24}) {
    double sum = 0;
    constexpr int kDraws = 1'000'000;
    for (int i = 0; i < kDraws; ++i) {
      sum += double(gap(static_cast<uint32_t>(random()), period));
    }
    // Four standard errors of an exponential's mean.
    EXPECT_NEAR(sum / kDraws / double(period), 1, 4 / std::sqrt(kDraws));
  }
}

TEST_F(HeapSamplingTest, AWeightUndoesTheChanceToBeSampled) {
  for (const uint64_t period : {1024ull, 65536ull, 1ull << 30}) {
    for (const double ratio : {1e-4, 0.01, 0.3, 1.0, 2.7, 7.9}) {
      const auto size = static_cast<uint64_t>(ratio * double(period)) + 1;
      const double exact =
          double(size) / -std::expm1(-double(size) / double(period));
      EXPECT_NEAR(double(weight(size, period)), exact, 2 + exact * 2e-5)
          << size << " of " << period;
    }
  }
}

TEST_F(HeapSamplingTest, LargeBlocksAndExactModeWeighWhatTheyAre) {
  EXPECT_EQ(weight(8 * 65536, 65536), 8u * 65536);
  EXPECT_EQ(weight(1ull << 40, 65536), 1ull << 40);
  EXPECT_EQ(weight(24, TIDEMARK_EXACT), 24u);
  EXPECT_EQ(weight(0, TIDEMARK_EXACT), 0u);
}

TEST_F(HeapSamplingTest, CountsAreWeightsInBlocks) {
  EXPECT_EQ(tidemark_weight_count(0, 0), 256u);
  EXPECT_EQ(tidemark_weight_count(24, 24), 256u);
  EXPECT_EQ(tidemark_weight_count(100, 65536), 65536u * 256 / 100);
}

// The whole rule at work: sampled sums against the truth.
TEST_F(HeapSamplingTest, WeightedSumsAreUnbiased) {
  std::mt19937 random(3);
  constexpr uint64_t kPeriod = 8192;
  double truth = 0, estimate = 0;
  auto left =
      static_cast<int64_t>(gap(static_cast<uint32_t>(random()), kPeriod));
  for (int i = 0; i < 2'000'000; ++i) {
    const uint64_t size = 16 + random() % 3000;
    truth += double(size);
    left -= static_cast<int64_t>(size);
    if (left > 0) continue;
    estimate += double(weight(size, kPeriod));
    left = static_cast<int64_t>(gap(static_cast<uint32_t>(random()), kPeriod));
  }
  // The error of a sum is about sqrt(period * sum).
  EXPECT_NEAR(estimate, truth, 4 * std::sqrt(kPeriod * truth));
}

}  // namespace
}  // namespace tidemark
