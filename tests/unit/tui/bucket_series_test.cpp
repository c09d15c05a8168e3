#include "tui/bucket_series.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr Nanoseconds kSecond{1'000'000'000};

TEST(BucketSeries, GivesBackWhatItWasGiven) {
  BucketSeries series(boot_time(0), kSecond);
  for (int i = 1; i <= 10; ++i)
    series.add(boot_time(0) + kSecond * i, kSecond, i);
  const auto points =
      series.sample(boot_time(0), boot_time(0) + kSecond * 10, 10);
  for (size_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(points[i]);
    EXPECT_DOUBLE_EQ(*points[i], static_cast<double>(i + 1));
  }
}

TEST(BucketSeries, AbsentStaysAbsent) {
  BucketSeries series(boot_time(0), kSecond);
  series.add(boot_time(0) + kSecond * 2, kSecond, 5);
  series.add(boot_time(0) + kSecond * 9, kSecond, 0);
  const auto points =
      series.sample(boot_time(0), boot_time(0) + kSecond * 10, 10);
  EXPECT_FALSE(points[0]);
  EXPECT_TRUE(points[1]);
  EXPECT_FALSE(points[4]);
  ASSERT_TRUE(points[8]);
  EXPECT_EQ(*points[8], 0);
  EXPECT_FALSE(points[9]);
}

TEST(BucketSeries, StaysBoundedAndKeepsTheMean) {
  BucketSeries series(boot_time(0), kSecond);
  const int count = 100'000;
  for (int i = 1; i <= count; ++i) {
    series.add(boot_time(0) + kSecond * i, kSecond, i);
  }
  EXPECT_GE(series.bucket(), kSecond * (count / 512));
  const auto points =
      series.sample(boot_time(0), boot_time(0) + kSecond * count, 4);
  for (size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(points[i]);
    const double middle = count * (static_cast<double>(i) + 0.5) / 4;
    EXPECT_NEAR(*points[i], middle, count / 100.0);
  }
}

TEST(BucketSeries, AFarTimeOfAForeignFileIsNoTrouble) {
  BucketSeries series(boot_time(0), Nanoseconds(0));
  series.add(boot_time(int64_t{1} << 60), kSecond * 3600, 1);
  series.add(boot_time(0), kSecond * 3600, 2);
  EXPECT_FALSE(series.empty());
  series.sample(boot_time(5), boot_time(5), 3);
}

}  // namespace
}  // namespace tidemark
