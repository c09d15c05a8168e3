#include "daemon/sleep_watch.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using namespace std::chrono_literals;

// A host that has been up for `awake` and suspended for `asleep`.
ClockAnchor host(Nanoseconds awake, Nanoseconds asleep, Nanoseconds wall = 0s) {
  return {(awake + asleep).count(), awake.count(), wall.count()};
}

TEST(SleepWatch, TellsASuspendFromALateTick) {
  SleepWatch watch;
  EXPECT_EQ(watch.slept(host(1h, 2h)), 0s);  // what was before is not ours
  EXPECT_EQ(watch.slept(host(1h + 30s, 2h)), 0s);
  EXPECT_EQ(watch.slept(host(1h + 31s, 10h)), 8h);
  EXPECT_EQ(watch.slept(host(1h + 32s, 10h)), 0s);
}

TEST(SleepWatch, ReadsOfTwoClocksAreApart) {
  SleepWatch watch;
  watch.slept(host(1h, 2h));
  EXPECT_EQ(watch.slept(host(1h + 1s, 2h + 300us)), 0s);
  EXPECT_EQ(watch.slept(host(1h + 2s, 2h - 300us)), 0s);
}

TEST(SleepWatch, AStepOfTheWallClockIsNoSleep) {
  SleepWatch watch;
  watch.slept(host(1h, 0s, 400'000h));
  EXPECT_EQ(watch.slept(host(1h + 1s, 0s, 300'000h)), 0s);
}

}  // namespace
}  // namespace tidemark
