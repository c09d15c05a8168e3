#include "core/base/histogram.h"

#include <gtest/gtest.h>

#include <random>

namespace tidemark {
namespace {

TEST(HistogramBucket, FollowsTheScheme) {
  EXPECT_EQ(histogram_bucket(0), 0u);
  EXPECT_EQ(histogram_bucket(2047), 2047u);
  EXPECT_EQ(histogram_bucket(2048), 2048u);
  EXPECT_EQ(histogram_bucket(2049), 2048u);
  EXPECT_EQ(histogram_bucket(2050), 2049u);
  EXPECT_EQ(histogram_bucket(4095), 3071u);
  EXPECT_EQ(histogram_bucket(4096), 3072u);
  EXPECT_EQ(histogram_bucket((uint64_t{1} << 42) - 1), kHistogramBuckets - 1);
  EXPECT_EQ(histogram_bucket(uint64_t{1} << 42), kHistogramBuckets - 1);
  EXPECT_EQ(histogram_bucket(UINT64_MAX), kHistogramBuckets - 1);
}

TEST(HistogramBucket, EveryBucketBeginsWhereTheOneBeforeEnds) {
  for (uint32_t i = 0; i < kHistogramBuckets; ++i) {
    const uint64_t low = histogram_bucket_lowest(i);
    const uint64_t high = histogram_bucket_highest(i);
    ASSERT_EQ(histogram_bucket(low), i);
    ASSERT_EQ(histogram_bucket(high), i);
    if (i > 0) {
      ASSERT_EQ(low, histogram_bucket_highest(i - 1) + 1);
    }
    ASSERT_LE((high - low) * 1024, low);  // relative width
  }
}

TEST(Histogram, EmptyHasNoFigures) {
  const Histogram empty;
  EXPECT_TRUE(empty.empty());
  EXPECT_EQ(empty.mean(), std::nullopt);
  EXPECT_EQ(empty.quantile(0.5), std::nullopt);
}

TEST(Histogram, QuantilesOfOneToHundred) {
  Histogram histogram;
  for (uint64_t v = 100; v > 0; --v) histogram.record(v);
  EXPECT_EQ(histogram.count(), 100u);
  EXPECT_EQ(histogram.sum(), 5050);
  EXPECT_EQ(histogram.max(), 100);
  EXPECT_DOUBLE_EQ(*histogram.mean(), 50.5);
  EXPECT_EQ(histogram.quantile(0), 1);
  EXPECT_EQ(histogram.quantile(0.5), 50);
  EXPECT_EQ(histogram.quantile(0.99), 99);
  EXPECT_EQ(histogram.quantile(0.991), 100);
  EXPECT_EQ(histogram.quantile(1), 100);
  EXPECT_EQ(histogram.quantile(7), 100);
}

TEST(Histogram, AQuantileIsTheHighestOfItsBucketButNotAboveTheMaximum) {
  Histogram histogram;
  histogram.record(1'000'000);
  histogram.record(2'000'000);
  const uint32_t bucket = histogram_bucket(1'000'000);
  EXPECT_EQ(histogram.quantile(0.5),
            static_cast<int64_t>(histogram_bucket_highest(bucket)));
  EXPECT_EQ(histogram.quantile(1), 2'000'000);
}

TEST(Histogram, TheLastBucketTellsTheTrueMaximum) {
  Histogram histogram;
  const uint64_t hours = uint64_t{1} << 50;
  histogram.record(hours);
  EXPECT_EQ(histogram.max(), static_cast<int64_t>(hours));
  EXPECT_EQ(histogram.quantile(0.5), static_cast<int64_t>(hours));
}

TEST(Histogram, SinceTakesTheDifference) {
  Histogram before;
  before.record(10, 3);
  before.record(500);
  Histogram now = before;
  now.record(10, 2);
  now.record(70);
  const Histogram delta = now.since(before);
  EXPECT_EQ(delta.count(), 3u);
  EXPECT_EQ(delta.sum(), 90);
  EXPECT_EQ(delta.max(), 70);  // the maximum did not rise: top bucket's end
  EXPECT_EQ(delta.quantile(0.5), 10);
  EXPECT_TRUE(now.since(now).empty());
  EXPECT_EQ(now.since(now).max(), 0);
}

TEST(Histogram, SinceKnowsTheMaximumThatRose) {
  Histogram before;
  before.record(1'000'000);
  Histogram now = before;
  now.record(3'000'001);
  EXPECT_EQ(now.since(before).max(), 3'000'001);
}

TEST(Histogram, SinceAfterARestartIsAllNew) {
  Histogram before;
  before.record(10, 5);
  Histogram fewer;
  fewer.record(10, 2);
  EXPECT_EQ(fewer.since(before).count(), 2u);
  Histogram elsewhere;
  elsewhere.record(5, 9);
  EXPECT_EQ(elsewhere.since(before).count(), 9u);
}

TEST(Histogram, MergeEqualsRecordingAll) {
  std::mt19937_64 random(7);
  Histogram a, b, all;
  DenseHistogram dense;
  for (int i = 0; i < 5000; ++i) {
    const uint64_t value = random() >> (random() % 60);
    (i % 3 == 0 ? a : b).record(value);
    all.record(value);
    dense.record(value);
  }
  a.merge(b);
  EXPECT_EQ(a.buckets(), all.buckets());
  EXPECT_EQ(a.count(), all.count());
  EXPECT_EQ(a.sum(), all.sum());
  EXPECT_EQ(a.max(), all.max());
  EXPECT_EQ(dense.sparse().buckets(), all.buckets());
  EXPECT_EQ(dense.sparse().sum(), all.sum());
}

TEST(Histogram, ForeignCountsAreChecked) {
  using Counts = std::vector<BucketCount>;
  EXPECT_TRUE(Histogram::from(Counts{{1, 2}, {5, 1}}, 7, 5));
  EXPECT_FALSE(Histogram::from(Counts{{5, 1}, {1, 2}}, 7, 5));
  EXPECT_FALSE(Histogram::from(Counts{{5, 1}, {5, 2}}, 7, 5));
  EXPECT_FALSE(Histogram::from(Counts{{kHistogramBuckets, 1}}, 7, 5));
  EXPECT_FALSE(Histogram::from(Counts{{1, UINT64_MAX}, {2, 1}}, 7, 5));
  EXPECT_FALSE(Histogram::from(Counts{{1, 1}}, -1, 1));
  EXPECT_FALSE(Histogram::from(Counts{{1, 1}}, 1, -1));
  EXPECT_EQ(Histogram::from(Counts{{3, 0}, {4, 1}}, 4, 4)->buckets().size(),
            1u);
}

TEST(Histogram, SumsSaturate) {
  Histogram histogram;
  histogram.record(UINT64_MAX, 3);
  histogram.record(UINT64_MAX);
  EXPECT_EQ(histogram.sum(), INT64_MAX);
  EXPECT_EQ(histogram.max(), INT64_MAX);
}

}  // namespace
}  // namespace tidemark
