// Mapped ranges against a model that knows each page's owner.
#include "probes/mapped_ranges.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace tidemark {
namespace {

constexpr uint64_t kPage = 4096;
constexpr MappedRanges::Place kFirst{11, 1}, kSecond{12, 1}, kThird{11, 2};

int64_t open_of(const MappedRanges& ranges, MappedRanges::Place place) {
  const auto found = ranges.totals().find(place);
  if (found == ranges.totals().end()) return 0;
  return found->second.opened - found->second.closed;
}

int64_t bytes_of(const MappedRanges& ranges, MappedRanges::Place place) {
  const auto found = ranges.totals().find(place);
  if (found == ranges.totals().end()) return 0;
  return found->second.opened_bytes - found->second.closed_bytes;
}

TEST(MappedRanges, AMappingStandsUntilItsLastPartIsGone) {
  MappedRanges ranges;
  ranges.map(0x10000, 8 * kPage, kFirst);
  ranges.unmap(0x10000 + 2 * kPage, kPage);  // a hole
  EXPECT_EQ(open_of(ranges, kFirst), 1);
  EXPECT_EQ(bytes_of(ranges, kFirst), int64_t{7 * kPage});
  ranges.unmap(0x10000, 5 * kPage);
  EXPECT_EQ(bytes_of(ranges, kFirst), int64_t{3 * kPage});
  ranges.unmap(0, 1 << 20);
  EXPECT_EQ(open_of(ranges, kFirst), 0);
  EXPECT_EQ(bytes_of(ranges, kFirst), 0);
}

TEST(MappedRanges, WhatIsMappedOverAnotherReplacesIt) {
  MappedRanges ranges;
  ranges.map(0x10000, 4 * kPage, kFirst);
  ranges.map(0x10000 + kPage, 2 * kPage, kSecond);
  EXPECT_EQ(bytes_of(ranges, kFirst), int64_t{2 * kPage});
  EXPECT_EQ(bytes_of(ranges, kSecond), int64_t{2 * kPage});
  ranges.map(0x10000, 4 * kPage, kThird);
  EXPECT_EQ(open_of(ranges, kFirst), 0);
  EXPECT_EQ(open_of(ranges, kSecond), 0);
  EXPECT_EQ(open_of(ranges, kThird), 1);
}

TEST(MappedRanges, AMoveEndsTheOldAndBeginsTheNew) {
  MappedRanges ranges;
  ranges.map(0x10000, 4 * kPage, kFirst);
  ranges.moving(7, 0x10000, 4 * kPage);
  ranges.map(0x10000, kPage, kSecond);  // another thread was there at once
  ranges.moved(7, 0x90000, 6 * kPage, kThird);
  EXPECT_EQ(open_of(ranges, kFirst), 0);
  EXPECT_EQ(bytes_of(ranges, kSecond), int64_t{kPage});
  EXPECT_EQ(bytes_of(ranges, kThird), int64_t{6 * kPage});
}

TEST(MappedRanges, AMoveThatFailsLeavesAllAsItWas) {
  MappedRanges ranges;
  ranges.map(0x10000, 4 * kPage, kFirst);
  ranges.moving(7, 0x10000, 4 * kPage);
  ranges.moved(7, 0, 0, kThird);
  EXPECT_EQ(open_of(ranges, kFirst), 1);
  EXPECT_EQ(bytes_of(ranges, kFirst), int64_t{4 * kPage});
}

TEST(MappedRanges, OfMemoryFromBeforeOnlyWhatIsAddedCounts) {
  MappedRanges ranges;
  ranges.moving(7, 0x10000, 4 * kPage);
  ranges.moved(7, 0x90000, 6 * kPage, kFirst);
  EXPECT_EQ(bytes_of(ranges, kFirst), int64_t{2 * kPage});
  ranges.moving(7, 0x90000, 6 * kPage);
  ranges.moved(7, 0xa0000, kPage, kFirst);  // less, elsewhere
  EXPECT_EQ(bytes_of(ranges, kFirst), 0);
}

TEST(MappedRanges, WhatShrinksStaysWhoseItWas) {
  MappedRanges ranges;
  ranges.map(0x10000, 4 * kPage, kFirst);
  ranges.reserve(0x10000 + 4 * kPage, 4 * kPage);
  ranges.moving(7, 0x10000, 8 * kPage);  // also across several
  ranges.moved(7, 0x10000, 3 * kPage, kSecond);
  EXPECT_EQ(bytes_of(ranges, kFirst), int64_t{3 * kPage});
  EXPECT_EQ(open_of(ranges, kFirst), 1);
  EXPECT_EQ(open_of(ranges, kSecond), 0);
}

TEST(MappedRanges, WhatIsOnlyReservedIsNotCountedAnywhere) {
  MappedRanges ranges;
  ranges.map(0x10000, 4 * kPage, kFirst);
  ranges.reserve(0x10000 + kPage, kPage);  // takes its place
  EXPECT_EQ(bytes_of(ranges, kFirst), int64_t{3 * kPage});
  ranges.moving(7, 0x10000 + kPage, kPage);
  ranges.moved(7, 0x90000, 6 * kPage, kSecond);
  EXPECT_EQ(open_of(ranges, kSecond), 0);
  ranges.map(0x90000, 6 * kPage, kThird);
  EXPECT_EQ(bytes_of(ranges, kThird), int64_t{6 * kPage});
}

TEST(MappedRanges, AfterALossOnlyWhatIsThereStands) {
  MappedRanges ranges;
  ranges.map(0x10000, 4 * kPage, kFirst);
  ranges.map(0x40000, 4 * kPage, kSecond);
  Mapping still;
  still.begin = 0x10000 + kPage;
  still.end = 0x10000 + 3 * kPage;
  ranges.keep_only({&still, 1});
  EXPECT_EQ(bytes_of(ranges, kFirst), int64_t{2 * kPage});
  EXPECT_EQ(open_of(ranges, kSecond), 0);
}

TEST(MappedRanges, ImpossibleRangesAreLeftAlone) {
  MappedRanges ranges;
  ranges.map(UINT64_MAX - kPage + 1, 2 * kPage, kFirst);
  ranges.map(0x10000, 0, kFirst);
  ranges.moving(1, UINT64_MAX, UINT64_MAX);
  ranges.moved(1, UINT64_MAX, UINT64_MAX, kFirst);
  ranges.unmap(UINT64_MAX, UINT64_MAX);
  EXPECT_EQ(open_of(ranges, kFirst), 0);
  ranges.map(0x10000, kPage, kFirst);
  ranges.clear();
  EXPECT_EQ(open_of(ranges, kFirst), 0);
}

TEST(MappedRanges, AgreesWithAModelOfPages) {
  constexpr uint64_t kPages = 64;
  std::array<int, kPages> owner;  // which mapping, -1: none
  owner.fill(-1);
  MappedRanges ranges;
  unsigned random = 7;
  const auto draw = [&random](unsigned below) {
    random = random * 1103515245u + 12345u;
    return (random >> 8) % below;
  };
  for (int i = 0; i < 5000; ++i) {
    const uint64_t first = draw(kPages);
    const uint64_t count = 1 + draw(static_cast<unsigned>(kPages - first));
    const bool maps = draw(2) == 0;
    for (uint64_t page = first; page < first + count; ++page) {
      owner[page] = maps ? i : -1;
    }
    const uint64_t address = 0x100000 + first * kPage;
    if (maps) {
      ranges.map(address, count * kPage, kFirst);
    } else {
      ranges.unmap(address, count * kPage);
    }
    std::set<int> standing;
    int64_t bytes = 0;
    for (const int each : owner) {
      if (each < 0) continue;
      standing.insert(each);
      bytes += int64_t{kPage};
    }
    ASSERT_EQ(bytes_of(ranges, kFirst), bytes) << i;
    ASSERT_EQ(open_of(ranges, kFirst), static_cast<int64_t>(standing.size()))
        << i;
  }
}

}  // namespace
}  // namespace tidemark
