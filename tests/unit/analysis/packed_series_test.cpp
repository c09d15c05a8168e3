#include "core/analysis/packed_series.h"

#include <gtest/gtest.h>

#include <random>

namespace tidemark {
namespace {

TEST(PackedSeries, GivesBackWhatItGot) {
  std::mt19937_64 random(7);
  PackedSeries series;
  std::vector<Reading> expected;
  int64_t time = 1'000'000'000'000;
  int64_t value = 0;
  for (int i = 0; i < 1000; ++i) {
    time += 1'000'000'000 + static_cast<int64_t>(random() % 1000) * 1000;
    value += static_cast<int64_t>(random() % 2000) - 1000;
    expected.push_back({boot_time(time), value});
    EXPECT_TRUE(series.append(boot_time(time), value));
  }
  EXPECT_EQ(series.unpack(), expected);
  EXPECT_EQ(series.first(), expected.front());
  EXPECT_EQ(series.last(), expected.back());
  EXPECT_LT(series.bytes(), 1000u * 9);
}

TEST(PackedSeries, ExtremesSurvive) {
  const std::vector<Reading> expected = {
      {boot_time(0), INT64_MIN},
      {boot_time(1000), INT64_MAX},
      {boot_time(int64_t{1} << 61), 0},
  };
  PackedSeries series;
  for (const Reading& reading : expected) {
    series.append(reading.time, reading.value);
  }
  const auto readings = series.unpack();
  ASSERT_EQ(readings.size(), 3u);
  EXPECT_EQ(readings[0], expected[0]);
  EXPECT_EQ(readings[1], expected[1]);
  EXPECT_EQ(to_ns(readings[2].time) / 1000, (int64_t{1} << 61) / 1000);
}

TEST(PackedSeries, AReadingFromThePastIsDropped) {
  PackedSeries series;
  EXPECT_TRUE(series.append(boot_time(5000), 1));
  EXPECT_FALSE(series.append(boot_time(4000), 2));
  EXPECT_TRUE(series.append(boot_time(5000), 3));
  EXPECT_EQ(series.size(), 2u);
}

TEST(PackedSeries, EmptyIsEmpty) {
  EXPECT_TRUE(PackedSeries().empty());
  EXPECT_TRUE(PackedSeries().unpack().empty());
}

}  // namespace
}  // namespace tidemark
