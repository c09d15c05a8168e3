// Names of parts, and which of them are kept.
#include "core/store/retention.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/store/recording_series.h"

namespace tidemark {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = 86'400 * kSecond;
constexpr int64_t kNow = 1'700'000'000 * kSecond;
constexpr int64_t kMuch = int64_t{1} << 50;

RetentionLimits no_limits() {
  return {.keep_bytes = kMuch,
          .keep_age = Nanoseconds(kDay * 1000),
          .keep_free = 0};
}

// Four parts of 100 bytes, a day apart; the last is being written.
std::vector<StoredPart> four_parts() {
  std::vector<StoredPart> parts;
  for (int64_t i = 0; i < 4; ++i) {
    parts.push_back({std::to_string(i), 100, kNow - (3 - i) * kDay, false});
  }
  return parts;
}

using Indices = std::vector<size_t>;

TEST(Retention, KeepsWhatIsWithinTheLimits) {
  EXPECT_EQ(parts_to_remove(four_parts(), no_limits(), kNow, kMuch), Indices{});
  EXPECT_EQ(parts_to_remove({}, no_limits(), kNow, 0), Indices{});
}

TEST(Retention, RemovesTheOldestBeyondASize) {
  RetentionLimits limits = no_limits();
  limits.keep_bytes = 250;
  EXPECT_EQ(parts_to_remove(four_parts(), limits, kNow, kMuch),
            (Indices{0, 1}));
}

TEST(Retention, RemovesWhatIsTooOld) {
  RetentionLimits limits = no_limits();
  limits.keep_age = Nanoseconds(kDay * 3 / 2);
  EXPECT_EQ(parts_to_remove(four_parts(), limits, kNow, kMuch),
            (Indices{0, 1}));
}

TEST(Retention, RemovesUntilEnoughIsFree) {
  RetentionLimits limits = no_limits();
  limits.keep_free = 1000;
  EXPECT_EQ(parts_to_remove(four_parts(), limits, kNow, 950), (Indices{0}));
  EXPECT_EQ(parts_to_remove(four_parts(), limits, kNow, 1000), Indices{});
}

TEST(Retention, KeepsPinnedPartsAndTheOneBeingWritten) {
  RetentionLimits limits = no_limits();
  limits.keep_bytes = 0;
  limits.keep_age = Nanoseconds(0);
  auto parts = four_parts();
  parts[1].pinned = true;
  EXPECT_EQ(parts_to_remove(parts, limits, kNow + kDay, 0), (Indices{0, 2}));
}

class RetentionFolder : public testing::Test {
 protected:
  RetentionFolder() {
    char pattern[] = "/tmp/tidemark-test-XXXXXX";
    folder_ = ::mkdtemp(pattern);
  }
  ~RetentionFolder() override { std::filesystem::remove_all(folder_); }
  std::string make(const std::string& name, size_t bytes = 8192) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << std::string(bytes, 'x');
    return path;
  }
  bool has(const std::string& name) const {
    return std::filesystem::exists(folder_ + "/" + name);
  }

  std::string folder_;
};

TEST_F(RetentionFolder, RemovesPartsAndNothingElse) {
  make("20260101T000000Z-0001.tmk");
  make("20260101T000000Z-0002.tmk");
  make("20260101T000000Z-0003.tmk");
  make("mine.tmk");
  make("20260101T000000Z-0001.txt");
  ASSERT_TRUE(pin_part(folder_ + "/20260101T000000Z-0001.tmk", "run x failed"));
  RetentionLimits limits = no_limits();
  limits.keep_bytes = 0;
  const auto result = apply_retention(folder_, limits, kNow);
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_EQ(result->removed, 1u);
  EXPECT_TRUE(result->above);
  EXPECT_TRUE(has("20260101T000000Z-0001.tmk"));
  EXPECT_FALSE(has("20260101T000000Z-0002.tmk"));
  EXPECT_TRUE(has("20260101T000000Z-0003.tmk"));
  EXPECT_TRUE(has("mine.tmk"));
  EXPECT_TRUE(has("20260101T000000Z-0001.txt"));
}

TEST_F(RetentionFolder, AMissingFolderIsAnError) {
  const auto result = apply_retention(folder_ + "/none", no_limits(), kNow);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::not_found);
}

TEST_F(RetentionFolder, PartsAreFoundInOrder) {
  make("20260102T000000Z-0001.tmk");
  make("20260101T000000Z-10000.tmk");
  make("20260101T000000Z-0002.tmk");
  make("20260101T000000Z.tmk");
  make("20260101T0000x0Z-0001.tmk");
  const auto parts = series_parts(folder_);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 3u);
  EXPECT_EQ((*parts)[0].number, 2u);
  EXPECT_EQ((*parts)[1].number, 10000u);
  EXPECT_EQ((*parts)[2].begun, "20260102T000000Z");
  EXPECT_EQ((*parts)[1].path(), folder_ + "/20260101T000000Z-10000.tmk");
}

TEST_F(RetentionFolder, TheNextPartIsTheOneWithTheNextNumber) {
  const std::string first = make("20260101T000000Z-0009.tmk");
  EXPECT_EQ(next_part(first), std::nullopt);
  const std::string second = make("20260101T000000Z-0010.tmk");
  EXPECT_EQ(next_part(first), second);
  EXPECT_EQ(next_part(make("mine.tmk")), std::nullopt);
}

TEST_F(RetentionFolder, AFirstPartHasANameOfItsOwn) {
  const SeriesPart part = first_part(folder_, kNow);
  EXPECT_EQ(part.begun, "20231114T221320Z");
  EXPECT_EQ(part.number, 1u);
  make("20231114T221320Z-0001.tmk");
  EXPECT_EQ(first_part(folder_, kNow).begun, "20231114T221321Z");
}

TEST(SeriesPart, IsReadFromAPathAlone) {
  const auto part = parse_series_part("20260101T000000Z-0003.tmk");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->path(), "20260101T000000Z-0003.tmk");
  EXPECT_FALSE(parse_series_part("20260101T000000Z-.tmk"));
  EXPECT_FALSE(parse_series_part("20260101T000000Z-1x.tmk"));
  EXPECT_FALSE(parse_series_part("20260101T000000Z-99999999999.tmk"));
  EXPECT_FALSE(parse_series_part(""));
}

}  // namespace
}  // namespace tidemark
