#include <gtest/gtest.h>

#include <cstdint>

#include "core/base/text.h"

namespace tidemark {
namespace {

TEST(ParseBytes, KnowsBinaryAndDecimalUnits) {
  EXPECT_EQ(parse_bytes("64KiB").value(), kib(64));
  EXPECT_EQ(parse_bytes("1GB").value(), Bytes(1'000'000'000));
  EXPECT_EQ(parse_bytes("1kB").value(), Bytes(1000));
  EXPECT_EQ(parse_bytes("1.5 MiB").value(), kib(1536));
  EXPECT_EQ(parse_bytes("0B").value(), Bytes(0));
  EXPECT_EQ(parse_bytes("2TiB").value(), Bytes(int64_t{2} << 40));
}

TEST(ParseBytes, DemandsTheUnitAndNamesThoseThatExist) {
  for (const char* text :
       {"64", "", "KiB", "64 ", "64KB", "64k", "64kib", "-1B", "+1B", "1e3B",
        "1.2.3B", "0x10B", "infB", "nanB", "1KiB ", " 1KiB", "1  KiB", "1KiBx",
        "1KiB2MiB"}) {
    const Result<Bytes> result = parse_bytes(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().kind, ErrorKind::usage);
    EXPECT_NE(result.error().what.find("KiB MB MiB"), std::string::npos);
    EXPECT_NE(result.error().what.find(text), std::string::npos);
  }
}

TEST(ParseBytes, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(parse_bytes("8388608TiB"));
  EXPECT_FALSE(parse_bytes(std::string(400, '9') + "B"));
  EXPECT_TRUE(parse_bytes("8388607TiB"));
}

TEST(ParseBytes, ReadsBackWhatFormatPrints) {
  for (const int64_t bytes : {0, 1, 412, 1024, 1 << 20, 3 << 20}) {
    const std::string text = format_bytes(static_cast<double>(bytes));
    EXPECT_EQ(parse_bytes(text).value(), Bytes(bytes)) << text;
  }
}

TEST(ParseDuration, KnowsUnitsAndSums) {
  using std::chrono::minutes;
  EXPECT_EQ(parse_duration("250ms").value(), std::chrono::milliseconds(250));
  EXPECT_EQ(parse_duration("1s").value(), std::chrono::seconds(1));
  EXPECT_EQ(parse_duration("10m").value(), minutes(10));
  EXPECT_EQ(parse_duration("2h").value(), minutes(120));
  EXPECT_EQ(parse_duration("1h30m").value(), minutes(90));
  EXPECT_EQ(parse_duration("1.5s").value(), std::chrono::milliseconds(1500));
  EXPECT_EQ(parse_duration("2d").value(), minutes(2 * 24 * 60));
  EXPECT_EQ(parse_duration("1m500ms").value(),
            std::chrono::milliseconds(60'500));
  EXPECT_EQ(parse_duration("7\xC2\xB5s").value(), Nanoseconds(7000));
  EXPECT_EQ(parse_duration("0s").value(), Nanoseconds(0));
}

TEST(ParseDuration, RefusesTheRest) {
  for (const char* text :
       {"", "1", "s", "-1s", "1 s", "1x", "30m1h", "1s1s", "1m1min", "1e9ns",
        "999999999999d", "1h30", "inf", "nans"}) {
    const Result<Nanoseconds> result = parse_duration(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().kind, ErrorKind::usage);
  }
}

TEST(ParseRatio, TakesPercentOrFraction) {
  EXPECT_DOUBLE_EQ(parse_ratio("70%").value(), 0.7);
  EXPECT_DOUBLE_EQ(parse_ratio("0.7").value(), 0.7);
  EXPECT_DOUBLE_EQ(parse_ratio("150%").value(), 1.5);
  EXPECT_DOUBLE_EQ(parse_ratio("1").value(), 1.0);
  for (const char* text : {"", "%", "70", "-0.1", "70 %", "0.7x", "70%%"}) {
    EXPECT_FALSE(parse_ratio(text)) << text;
  }
}

TEST(ParseInt, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_int("42"), 42);
  EXPECT_EQ(parse_int("-7"), -7);
  EXPECT_EQ(parse_int("9223372036854775807"), INT64_MAX);
  for (const char* text :
       {"", " 1", "1 ", "+1", "1.0", "0x1", "9223372036854775808", "one"}) {
    EXPECT_FALSE(parse_int(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tidemark
