#include "daemon/tick_schedule.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

constexpr Nanoseconds kSecond = std::chrono::seconds(1);

BootTime at(double seconds) {
  return boot_time(static_cast<int64_t>(seconds * 1e9));
}

TEST(TickSchedule, DeadlinesLieOnAGrid) {
  TickSchedule schedule(at(10), kSecond);
  EXPECT_EQ(schedule.fire(at(10)).deadline, at(10));
  const auto due = schedule.fire(at(11.25));
  EXPECT_EQ(due.deadline, at(11));
  EXPECT_EQ(due.late, std::chrono::milliseconds(250));
  EXPECT_EQ(due.missed, 0);
  EXPECT_EQ(schedule.next(), at(12));
}

TEST(TickSchedule, MissedDeadlinesAreNamedNotMadeUpFor) {
  TickSchedule schedule(at(10), kSecond);
  const auto due = schedule.fire(at(14.5));
  EXPECT_EQ(due.missed, 4);
  EXPECT_EQ(due.missed_from, at(10));
  EXPECT_EQ(due.missed_to, at(13));
  EXPECT_EQ(due.deadline, at(14));
  EXPECT_EQ(due.late, std::chrono::milliseconds(500));
  EXPECT_EQ(schedule.next(), at(15));
}

TEST(TickSchedule, ExactlyOnePeriodLateMissesOne) {
  TickSchedule schedule(at(10), kSecond);
  const auto due = schedule.fire(at(11));
  EXPECT_EQ(due.missed, 1);
  EXPECT_EQ(due.missed_from, at(10));
  EXPECT_EQ(due.missed_to, at(10));
  EXPECT_EQ(due.deadline, at(11));
}

TEST(TickSchedule, EarlyIsNotLate) {
  TickSchedule schedule(at(10), kSecond);
  const auto due = schedule.fire(at(9.9));
  EXPECT_EQ(due.deadline, at(10));
  EXPECT_EQ(due.late.count(), 0);
}

TEST(TickSchedule, ANewPeriodCountsFromTheLastDeadline) {
  TickSchedule schedule(at(10), kSecond);
  schedule.fire(at(10));
  schedule.set_interval(kSecond * 4);
  EXPECT_EQ(schedule.next(), at(14));
  EXPECT_EQ(schedule.fire(at(14)).deadline, at(14));
  EXPECT_EQ(schedule.next(), at(18));
}

}  // namespace
}  // namespace tidemark
