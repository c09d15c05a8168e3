#include "daemon/quiesce.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using Reading = QuiesceWatch::Reading;
using std::chrono::milliseconds;

struct Watched {
  BootTime now = boot_time(1'000'000'000);
  QuiesceWatch watch{now};
  Reading reading{100'000'000, Nanoseconds(0)};

  bool step(int64_t rss, Nanoseconds cpu) {
    reading.rss_bytes += rss;
    reading.cpu += cpu;
    const bool done = watch.observe(now, reading);
    now += QuiesceWatch::kPeriod;
    return done;
  }
};

TEST(Quiesce, ACalmProcessIsDoneAfterThreeEqualReadings) {
  Watched process;
  EXPECT_FALSE(process.step(0, milliseconds(0)));
  EXPECT_FALSE(process.step(0, milliseconds(0)));
  EXPECT_FALSE(process.step(4096, milliseconds(10)));
  EXPECT_TRUE(process.step(-4096, milliseconds(0)));
}

TEST(Quiesce, MovementStartsTheCountAgain) {
  Watched process;
  process.step(0, milliseconds(0));
  process.step(0, milliseconds(0));
  process.step(0, milliseconds(0));
  EXPECT_FALSE(process.step(1 << 20, milliseconds(0)));
  EXPECT_FALSE(process.step(0, milliseconds(0)));
  EXPECT_FALSE(process.step(0, milliseconds(20)));
  EXPECT_FALSE(process.step(0, milliseconds(0)));
  EXPECT_FALSE(process.step(0, milliseconds(0)));
  EXPECT_TRUE(process.step(0, milliseconds(0)));
}

TEST(Quiesce, ABusyProcessIsGivenUpAfterTheLimit) {
  Watched process;
  int steps = 1;
  while (!process.step(1 << 20, milliseconds(20))) ++steps;
  EXPECT_EQ(steps, QuiesceWatch::kLimit / QuiesceWatch::kPeriod + 1);
}

TEST(Quiesce, AProcessThatIsGoneIsDone) {
  QuiesceWatch watch(boot_time(0));
  EXPECT_TRUE(watch.observe(boot_time(1), std::nullopt));
}

}  // namespace
}  // namespace tidemark
