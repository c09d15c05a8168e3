// Times of a foreign recording, checked before they are reckoned with.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/model/frame.h"

namespace tidemark {

// As many values as subjects, and times that can be added.
inline bool is_sound(const Column& column) {
  constexpr int64_t kLatest = int64_t{1} << 61;
  const auto in_range = [](int64_t ns) { return ns >= 0 && ns <= kLatest; };
  return column.values.size() == column.subjects.size() &&
         in_range(to_ns(column.read_begin)) &&
         in_range(column.read_span.count());
}

// When a process began, of its start time in clock ticks of USER_HZ, 100 on
// every Linux that BPF runs on (include/asm-generic/param.h); absent: not
// known, or no time that a clock tells (87 years).
inline std::optional<BootTime> birth_time(uint64_t start_ticks) {
  constexpr int64_t kTickNs = 10'000'000;
  constexpr uint64_t kMostTicks = uint64_t{1} << 38;
  if (start_ticks == 0 || start_ticks > kMostTicks) return std::nullopt;
  return boot_time(static_cast<int64_t>(start_ticks) * kTickNs);
}

}  // namespace tidemark
