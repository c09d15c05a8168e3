// Cohorts of a run that marks no phases: slices of its time, so that it shows
// which of the older memory stays. They get longer as the run does: a day has
// no more than 80.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/clock.h"

namespace tidemark {

// Subject::cohort of slices; those of phases are below.
inline constexpr uint32_t kFirstTimeSlice = 1u << 31;

constexpr bool is_time_slice(uint32_t cohort) {
  return cohort >= kFirstTimeSlice;
}

// Both from the run's first frame on.
struct TimeSlice {
  Nanoseconds begin{0}, end{0};
};

// The cohort of that time; of one before the first frame: the first.
uint32_t time_slice_at(Nanoseconds since_begin);
// `cohort`: a time slice.
TimeSlice time_slice(uint32_t cohort);
// Its begin, which fits a column: "1:20", "1:04:00".
std::string time_slice_label(uint32_t cohort);

}  // namespace tidemark
