// Sites of a process that goes on while phases come and go.
#include "daemon/stack_sites.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/unit/daemon/fake_engine.h"

namespace tidemark {
namespace {

class StackSitesTest : public testing::Test {
 protected:
  StackSitesTest() { sites_.begin(process_); }

  void phase(uint32_t ordinal, std::vector<uint32_t> open) {
    cohort_ = ordinal;
    sites_.phase_changed({ordinal, "load", std::move(open)});
  }
  // Mapped by the frame that returns to `address`.
  void map(uint64_t address, int64_t bytes, uint32_t cohort) {
    CopiedStack stack;
    stack.process = process_;
    stack.return_addresses = {address};
    sites_.add(kOwner, SiteKind::mapping, cohort, {bytes, 1, 0},
               std::move(stack));
  }
  void map(uint64_t address, int64_t bytes) { map(address, bytes, cohort_); }
  FakeFrame put() {
    desk_.settle(std::chrono::seconds(30));
    FakeFrame frame(definer_);
    sites_.put(frame);
    return frame;
  }
  // What a frame has of all sites, those that end with it too.
  int64_t taken(const FakeFrame& frame) const {
    int64_t sum = 0;
    const MetricId metric = definer_.metrics.at("site.alloc_bytes");
    for (const auto& [key, value] : frame.values) {
      if (key.first == metric) sum += value;
    }
    return sum;
  }

  static constexpr SubjectId kOwner{500};
  FakeDefiner definer_;
  StackDesk desk_{definer_, "/proc"};
  StackSites sites_{definer_, desk_};
  const ProcessKey process_{Pid{::getpid()}, 1};
  uint32_t cohort_ = 0;
};

TEST_F(StackSitesTest, SitesOfAPhaseThatIsOverEnd) {
  for (uint32_t cycle = 1; cycle <= 100; ++cycle) {
    phase(cycle, {cycle});
    map(0x1000, 10);
    map(0x2000, 20);
    // Those of the phase before are told once more, with their end.
    EXPECT_EQ(taken(put()), cycle == 1 ? 30 : 60);
    EXPECT_EQ(sites_.size(), 2u);
  }
  phase(0, {});
  EXPECT_EQ(taken(put()), 30);
  EXPECT_EQ(sites_.size(), 0u);
  EXPECT_EQ(definer_.ended.size(), 200u);
  EXPECT_TRUE(definer_.defined.empty());
}

TEST_F(StackSitesTest, ThePhaseAroundGoesOn) {
  phase(1, {1});
  map(0x1000, 10);
  put();
  for (uint32_t inner = 2; inner < 50; ++inner) {
    phase(inner, {1, inner});
    map(0x1000, 1);
    put();
    phase(1, {1});
    map(0x1000, 10);
    put();
  }
  EXPECT_EQ(taken(put()), 490);
  EXPECT_EQ(sites_.size(), 1u);
}

TEST_F(StackSitesTest, WhatComesLateIsAFurtherSite) {
  phase(1, {1});
  map(0x1000, 10);
  put();
  phase(2, {2});
  put();
  ASSERT_EQ(sites_.size(), 0u);
  map(0x1000, 5, 1);
  const FakeFrame frame = put();
  EXPECT_EQ(taken(frame), 5);
  EXPECT_EQ(sites_.size(), 0u);
  EXPECT_EQ(definer_.ended.size(), 2u);
}

TEST_F(StackSitesTest, AProcessTakesItsSitesAlong) {
  phase(1, {1});
  map(0x1000, 10);
  put();
  sites_.end(kOwner, process_);
  put();
  EXPECT_EQ(sites_.size(), 0u);
}

TEST(PhasePaths, RemembersTheLatestAndThoseThatComeAgain) {
  PhasePaths paths;
  paths.changed({0, "", {}});
  paths.changed({1, "months", {1}});
  for (uint32_t i = 2; i < 1000; ++i) {
    paths.changed({i, "t" + std::to_string(i), {1, i}});
    EXPECT_LE(paths.size(), PhasePaths::kLate + 3);
  }
  EXPECT_EQ(paths.of(1), "months");
  EXPECT_EQ(paths.of(990), "t990");
  EXPECT_EQ(paths.of(3), "");
}

}  // namespace
}  // namespace tidemark
