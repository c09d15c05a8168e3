#include "core/model/time_slices.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark {
namespace {

using std::chrono::seconds;

// The first minute in slices of 5 s; then each doubling of the time in six.
constexpr uint32_t kFirstSlices = 12;
constexpr uint32_t kSlicesOfDoubling = 6;
constexpr Nanoseconds kShortest = seconds(5);
constexpr uint32_t kDoublings = 20;  // two years

std::string clock_text(Nanoseconds time) {
  const auto all = std::chrono::duration_cast<seconds>(time).count();
  const auto minutes = all / 60;
  if (minutes < 60) return fmt::format("{}:{:02}", minutes, all % 60);
  return fmt::format("{}:{:02}:{:02}", minutes / 60, minutes % 60, all % 60);
}

}  // namespace

uint32_t time_slice_at(Nanoseconds since_begin) {
  constexpr uint32_t kSlices = kFirstSlices + kDoublings * kSlicesOfDoubling;
  uint32_t slice = kFirstTimeSlice;
  while (slice + 1 < kFirstTimeSlice + kSlices &&
         time_slice(slice).end <= since_begin) {
    ++slice;
  }
  return slice;
}

TimeSlice time_slice(uint32_t cohort) {
  const uint32_t number = cohort - kFirstTimeSlice;
  if (number < kFirstSlices) {
    return {kShortest * number, kShortest * (number + 1)};
  }
  const uint32_t doubling =
      std::min((number - kFirstSlices) / kSlicesOfDoubling, kDoublings);
  const uint32_t place = (number - kFirstSlices) % kSlicesOfDoubling;
  const Nanoseconds length = 2 * kShortest * (int64_t{1} << doubling);
  const Nanoseconds begin = kSlicesOfDoubling * length + place * length;
  return {begin, begin + length};
}

std::string time_slice_label(uint32_t cohort) {
  return clock_text(time_slice(cohort).begin);
}

}  // namespace tidemark
