// Slices of time as cohorts.
#include "core/model/time_slices.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tidemark {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(TimeSlices, FollowOneAnotherWithoutGap) {
  Nanoseconds end{0};
  for (uint32_t i = 0; i < 100; ++i) {
    const TimeSlice slice = time_slice(kFirstTimeSlice + i);
    EXPECT_EQ(slice.begin, end) << i;
    EXPECT_GE(slice.end - slice.begin, seconds(5)) << i;
    end = slice.end;
  }
}

TEST(TimeSlices, EachMomentLiesInItsSlice) {
  for (Nanoseconds time{0}; time < hours(2); time += milliseconds(1700)) {
    const TimeSlice slice = time_slice(time_slice_at(time));
    EXPECT_LE(slice.begin, time);
    EXPECT_GT(slice.end, time);
  }
  EXPECT_EQ(time_slice_at(-seconds(3)), kFirstTimeSlice);
}

TEST(TimeSlices, AreFewHoweverLongTheRun) {
  const auto count = [](Nanoseconds time) {
    return time_slice_at(time) - kFirstTimeSlice + 1;
  };
  EXPECT_EQ(count(seconds(59)), 12u);
  EXPECT_EQ(count(minutes(2)), 19u);
  EXPECT_LE(count(hours(8)), 70u);
  EXPECT_LE(count(hours(24)), 80u);
  EXPECT_LE(count(Nanoseconds::max()), 200u);
}

TEST(TimeSlices, AreToldInMinutesAndSeconds) {
  EXPECT_EQ(time_slice_label(time_slice_at(seconds(7))), "0:05");
  EXPECT_EQ(time_slice_label(time_slice_at(seconds(85))), "1:20");
  EXPECT_EQ(time_slice_label(time_slice_at(hours(1))), "58:40");
}

}  // namespace
}  // namespace tidemark
