#include "daemon/handle_growth.h"

#include <gtest/gtest.h>

#include <random>

namespace tidemark {
namespace {

// Readings until growth is told; -1: never in `count` of them.
template <typename Next>
int told_after(int count, Next next) {
  HandleGrowth growth;
  for (int i = 0; i < count; ++i) {
    if (growth.add(next(i))) return i + 1;
  }
  return -1;
}

TEST(HandleGrowth, TellsASteadyLeak) {
  EXPECT_EQ(told_after(1000, [](int i) { return 10 + i; }), 20);
  // One in three readings: too little in three floors, enough in twelve.
  EXPECT_EQ(told_after(1000, [](int i) { return 10 + i / 3; }), 60);
}

TEST(HandleGrowth, TellsALeakUnderLoadThatComesAndGoes) {
  std::mt19937 random(1);
  EXPECT_GT(told_after(1000,
                       [&](int i) {
                         return 10 + i + static_cast<int>(random() % 40);
                       }),
            0);
}

TEST(HandleGrowth, KeepsQuietWhereFloorsStay) {
  EXPECT_EQ(told_after(1000, [](int) { return 10; }), -1);
  EXPECT_EQ(told_after(1000, [](int i) { return 10 + i % 5 * 100; }), -1);
  // A pool that fills once.
  EXPECT_EQ(told_after(1000, [](int i) { return i < 8 ? 10 : 500; }), -1);
  // As many go as come.
  EXPECT_EQ(told_after(1000, [](int i) { return 100 + i / 5 % 3; }), -1);
}

TEST(HandleGrowth, WantsMoreThanAFew) {
  EXPECT_EQ(told_after(1000, [](int i) { return i < 20 ? i / 5 : 4; }), -1);
}

}  // namespace
}  // namespace tidemark
