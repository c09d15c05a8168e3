#include <gtest/gtest.h>

#include "core/store/series_state.h"

namespace tidemark {
namespace {

TEST(SubjectSlots, GivesSmallSlotsAndTakesThemBack) {
  SubjectSlots slots;
  EXPECT_EQ(slots.find(7), SubjectSlots::kNone);
  EXPECT_EQ(slots.acquire(7), 0u);
  EXPECT_EQ(slots.acquire(1u << 20), 1u);
  EXPECT_EQ(slots.acquire(UINT32_MAX - 1), 2u);
  slots.release(1u << 20);
  slots.release(1u << 20);
  EXPECT_EQ(slots.find(1u << 20), SubjectSlots::kNone);
  EXPECT_EQ(slots.acquire(90), 1u);
  const SubjectSlots copy = slots;
  slots.clear();
  EXPECT_EQ(slots.find(7), SubjectSlots::kNone);
  EXPECT_EQ(copy.find(7), 0u);
  EXPECT_EQ(copy.find(90), 1u);
  EXPECT_EQ(copy.find(UINT32_MAX - 1), 2u);
}

// A daemon that watches what forks gives out ids for months.
TEST(SubjectSlots, MemoryFollowsThoseAlive) {
  SubjectSlots slots;
  constexpr uint32_t kForks = 4'000'000, kAlive = 50;
  slots.acquire(0);
  for (uint32_t id = 1; id < kForks; ++id) {
    EXPECT_LE(slots.acquire(id), kAlive + 1);
    if (id > kAlive) slots.release(id - kAlive);
  }
  EXPECT_LE(slots.bytes(), 32u << 10);
}

}  // namespace
}  // namespace tidemark
