#include "daemon/handle_sites.h"

#include <gtest/gtest.h>

#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

constexpr HandleSlot kSlot = 3;

class HandleSitesTest : public testing::Test {
 protected:
  HandleSitesTest() : sites_(definer_) {
    sites_.phase_changed({1, "soak"});
    sites_.begin(kSlot, kOwner);
  }

  // Key `key` turns out to be the stack at `offset`.
  void resolve(uint64_t key, uint64_t offset) {
    Stack stack;
    stack.addresses.push_back({ModuleId(0), offset});
    sites_.expect(kSlot);
    sites_.found(kSlot, key, definer_.define_stack(stack));
  }
  FakeFrame put(const std::vector<HandleSite>& rows, bool last = false) {
    FakeFrame frame(definer_);
    sites_.put(rows, last, frame);
    return frame;
  }
  const Subject* only_site() const {
    const Subject* found = nullptr;
    for (const auto& [id, subject] : definer_.defined) {
      if (subject.kind != SubjectKind::site) continue;
      EXPECT_EQ(found, nullptr);
      found = &subject;
    }
    return found;
  }

  static constexpr SubjectId kOwner{500};
  FakeDefiner definer_;
  HandleSites sites_;
};

TEST_F(HandleSitesTest, OneSubjectPerProcessKindStackAndPhase) {
  resolve(77, 0x10);
  const FakeFrame frame = put({{kSlot, 1, SiteKind::socket, 77, 9, 4}});
  const Subject* site = only_site();
  ASSERT_NE(site, nullptr);
  EXPECT_EQ(site->owner, kOwner);
  EXPECT_EQ(site->site_kind, SiteKind::socket);
  EXPECT_EQ(site->cohort, 1u);
  EXPECT_EQ(site->name, "soak");
  EXPECT_TRUE(site->stack.valid());
  EXPECT_EQ(frame.get("site.live_count", site->id), 5);
  EXPECT_EQ(frame.get("site.alloc_count", site->id), 9);
}

TEST_F(HandleSitesTest, JoinsKeysOfOneStack) {
  resolve(77, 0x10);
  resolve(78, 0x10);
  const FakeFrame frame = put(
      {{kSlot, 1, SiteKind::fd, 77, 9, 4}, {kSlot, 1, SiteKind::fd, 78, 1, 0}});
  ASSERT_NE(only_site(), nullptr);
  EXPECT_EQ(frame.get("site.live_count", only_site()->id), 6);
}

TEST_F(HandleSitesTest, LetsRowsWaitForTheirStack) {
  sites_.expect(kSlot);
  EXPECT_TRUE(sites_.waits(kSlot));
  EXPECT_FALSE(sites_.waits(kSlot + 1));
  const std::vector<HandleSite> rows = {{kSlot, 1, SiteKind::fd, 77, 9, 4}};
  EXPECT_TRUE(put(rows).values.empty());
  const FakeFrame frame = put(rows, true);
  ASSERT_NE(only_site(), nullptr);
  EXPECT_FALSE(only_site()->stack.valid());
  EXPECT_EQ(frame.get("site.live_count", only_site()->id), 5);
}

TEST_F(HandleSitesTest, PutsZeroWhereAllWereClosed) {
  resolve(77, 0x10);
  put({{kSlot, 1, SiteKind::fd, 77, 9, 4}});
  const FakeFrame frame = put({{kSlot, 1, SiteKind::fd, 77, 9, 9}});
  EXPECT_EQ(frame.get("site.live_count", only_site()->id), 0);
}

TEST_F(HandleSitesTest, EndsTheSitesOfAnEndedProcess) {
  resolve(77, 0x10);
  sites_.give_up(kSlot, 78);
  put({{kSlot, 1, SiteKind::fd, 77, 9, 4}, {kSlot, 0, SiteKind::fd, 78, 1, 0}});
  sites_.end(kSlot);
  EXPECT_EQ(definer_.ended.size(), 2u);
  EXPECT_TRUE(put({{kSlot, 1, SiteKind::fd, 77, 9, 4}}).values.empty());
}

}  // namespace
}  // namespace tidemark
