#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kSec = 1000 * kMs;

TEST(FormatBytes, KeepsThreeDigitsInBinaryUnits) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(412), "412 B");
  EXPECT_EQ(format_bytes(12.34), "12.3 B");
  EXPECT_EQ(format_bytes(1024), "1 KiB");
  EXPECT_EQ(format_bytes(1434), "1.4 KiB");
  EXPECT_EQ(format_bytes(1500), "1.46 KiB");
  EXPECT_EQ(format_bytes(512.0 * 1024 * 1024), "512 MiB");
  EXPECT_EQ(format_bytes(8.0 * 1024 * 1024 * 1024), "8 GiB");
}

TEST(FormatBytes, CarriesIntoTheNextUnitWhenRoundingDoes) {
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1023.6), "1 KiB");
  EXPECT_EQ(format_bytes(1023.9 * 1024), "1 MiB");
}

TEST(FormatBytes, ShowsFractionsAndSigns) {
  EXPECT_EQ(format_bytes(0.25), "0.25 B");
  EXPECT_EQ(format_bytes(0.0001), "0 B");
  EXPECT_EQ(format_bytes(-2048), "-2 KiB");
  EXPECT_EQ(format_bytes(-0.0001), "0 B");
  EXPECT_EQ(format_bytes_signed(412), "+412 B");
  EXPECT_EQ(format_bytes_signed(-1.4 * 1024 * 1024), "-1.4 MiB");
  EXPECT_EQ(format_bytes_signed(0), "0 B");
}

TEST(FormatBytes, HasAnswerForEveryDouble) {
  EXPECT_EQ(format_bytes(std::nan("")), "?");
  EXPECT_EQ(format_bytes(std::numeric_limits<double>::infinity()), "?");
  EXPECT_EQ(format_bytes_signed(-std::numeric_limits<double>::infinity()), "?");
  EXPECT_TRUE(format_bytes(1e300).ends_with(" EiB"));
}

TEST(FormatDuration, PicksTheUnit) {
  EXPECT_EQ(format_duration(Nanoseconds(0)), "0 ns");
  EXPECT_EQ(format_duration(Nanoseconds(180)), "180 ns");
  EXPECT_EQ(format_duration(Nanoseconds(41'000)), "41 us");
  EXPECT_EQ(format_duration(Nanoseconds(2'500'000)), "2.5 ms");
  EXPECT_EQ(format_duration(Nanoseconds(12'340 * kMs)), "12.3 s");
  EXPECT_EQ(format_duration(Nanoseconds(245 * kSec)), "4 min 05 s");
  EXPECT_EQ(format_duration(Nanoseconds(7800 * kSec)), "2 h 10 min");
  EXPECT_EQ(format_duration(Nanoseconds(76 * 3600 * kSec)), "3 d 04 h");
}

TEST(FormatDuration, NeverPrintsSixtyOfAnything) {
  EXPECT_EQ(format_duration(Nanoseconds(59'960 * kMs)), "1 min 00 s");
  EXPECT_EQ(format_duration(Nanoseconds(119'700 * kMs)), "2 min 00 s");
  EXPECT_EQ(format_duration(Nanoseconds(3'599'700 * kMs)), "1 h 00 min");
  EXPECT_EQ(format_duration(Nanoseconds(7'199 * kSec)), "2 h 00 min");
  EXPECT_EQ(format_duration(Nanoseconds(999'800)), "1 ms");
}

TEST(FormatDuration, KeepsTheSignOfEveryValue) {
  EXPECT_EQ(format_duration(Nanoseconds(-2'500'000)), "-2.5 ms");
  const auto smallest = Nanoseconds(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(format_duration(smallest), "-106752 d 00 h");
}

TEST(FormatCount, IsExactBelowTenThousandThenShort) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(7), "7");
  EXPECT_EQ(format_count(1204), "1,204");
  EXPECT_EQ(format_count(9999), "9,999");
  EXPECT_EQ(format_count(48'200), "48.2k");
  EXPECT_EQ(format_count(3'100'000), "3.1M");
  EXPECT_EQ(format_count(999'950), "1M");
}

TEST(FormatCount, ShowsFractionsSignsAndTheExtreme) {
  EXPECT_EQ(format_count(0.5), "0.5");
  EXPECT_EQ(format_count(12.34), "12.3");
  EXPECT_EQ(format_count(-1204), "-1,204");
  EXPECT_EQ(format_count(1e18), "1.00e+18");
  EXPECT_EQ(format_count(std::nan("")), "?");
}

}  // namespace
}  // namespace tidemark
