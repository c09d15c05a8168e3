#include "daemon/heap_rows.h"

#include <gtest/gtest.h>

#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

constexpr HeapLife kLife{2, 5};
constexpr SubjectId kProcess{900};

class HeapRowsTest : public testing::Test {
 protected:
  HeapRowsTest() : rows_(definer_) {
    rows_.begin_life(kLife, kProcess);
    rows_.phase_changed({1, "soak/steady", {1}});
  }
  static HeapSite row(uint64_t key, int64_t bytes, uint32_t cohort = 1) {
    HeapSite site;
    site.slot = kLife.slot;
    site.epoch = kLife.epoch;
    site.key = key;
    site.cohort = cohort;
    site.alloc_bytes = 2 * bytes;
    site.alloc_count = 20;
    site.live_bytes = bytes;
    site.live_count = 10;
    site.samples = 3;
    return site;
  }
  // A key turns out to be the stack of these offsets.
  void know(uint64_t key, std::vector<uint64_t> offsets) {
    HeapStackKnown known{kLife, key, {}};
    for (const uint64_t offset : offsets) {
      UnwoundFrame& frame = known.stack.frames.emplace_back();
      frame.object = UnwoundFrame::kNoObject;
      frame.offset = offset;
    }
    rows_.add_stack(known);
  }
  std::vector<HeapRows::Site> sites() const {
    std::vector<HeapRows::Site> all;
    rows_.for_each_site([&](const HeapRows::Site& s) { all.push_back(s); });
    return all;
  }

  FakeDefiner definer_;
  HeapRows rows_;
};

TEST_F(HeapRowsTest, KeysOfOneStackAreOneSite) {
  know(7, {0x10, 0x20});
  know(8, {0x10, 0x20});
  rows_.add_up(std::vector{row(7, 100), row(8, 50)}, false);
  ASSERT_EQ(sites().size(), 1u);
  EXPECT_EQ(sites()[0].sum.live_bytes, 150);
  EXPECT_EQ(sites()[0].sum.alloc_bytes, 300);
  EXPECT_EQ(sites()[0].sum.samples, 6);
  const Subject& subject = definer_.defined.at(sites()[0].subject);
  EXPECT_EQ(subject.kind, SubjectKind::site);
  EXPECT_EQ(subject.site_kind, SiteKind::heap);
  EXPECT_EQ(subject.owner, kProcess);
  EXPECT_EQ(subject.cohort, 1u);
  EXPECT_EQ(subject.name, "soak/steady");
}

TEST_F(HeapRowsTest, PhasesAreCohortsOfTheirOwn) {
  know(7, {0x10});
  rows_.add_up(std::vector{row(7, 100, 1), row(7, 50, 2)}, false);
  EXPECT_EQ(sites().size(), 2u);
}

TEST_F(HeapRowsTest, WaitsForAStackButCountsItsBytes) {
  rows_.add_up(std::vector{row(9, 100)}, false);
  EXPECT_TRUE(sites().empty());
  EXPECT_EQ(rows_.live_of(kLife).live_bytes, 100);
  know(9, {0x30});
  rows_.add_up(std::vector{row(9, 120)}, false);
  ASSERT_EQ(sites().size(), 1u);
  EXPECT_EQ(sites()[0].sum.live_bytes, 120);
}

TEST_F(HeapRowsTest, AtTheEndAStackThatNeverCameIsASiteWithoutFrames) {
  rows_.add_up(std::vector{row(9, 100)}, true);
  ASSERT_EQ(sites().size(), 1u);
  EXPECT_TRUE(definer_.defined.at(sites()[0].subject).stack.valid());
}

TEST_F(HeapRowsTest, RowsThatFoundNoRoomAreASiteAtOnce) {
  rows_.add_up(std::vector{row(0, 100)}, false);
  EXPECT_EQ(sites().size(), 1u);
}

TEST_F(HeapRowsTest, ASiteThatLostItsRowsSaysZero) {
  know(7, {0x10});
  rows_.add_up(std::vector{row(7, 100)}, false);
  rows_.add_up(std::vector<HeapSite>{}, false);
  ASSERT_EQ(sites().size(), 1u);
  EXPECT_EQ(sites()[0].sum.live_bytes, 0);
}

TEST_F(HeapRowsTest, OtherLivesAreNotItsOwn) {
  know(7, {0x10});
  HeapSite other = row(7, 100);
  other.epoch = kLife.epoch + 1;
  rows_.add_up(std::vector{other}, false);
  EXPECT_TRUE(sites().empty());
  EXPECT_EQ(rows_.live_of(kLife).live_bytes, 0);
}

TEST_F(HeapRowsTest, AnEndedLifeEndsItsSites) {
  know(7, {0x10});
  rows_.add_up(std::vector{row(7, 100)}, false);
  const SubjectId site = sites()[0].subject;
  rows_.end_life(kLife);
  EXPECT_EQ(definer_.ended, std::vector{site});
  EXPECT_EQ(rows_.size(), 0u);
}

}  // namespace
}  // namespace tidemark
