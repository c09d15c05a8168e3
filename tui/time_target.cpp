#include "tui/time_target.h"

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include "core/base/text.h"
#include "tui/phase_bar.h"

namespace tidemark {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// Hours, minutes and perhaps seconds; nullopt when it is no clock time.
std::optional<int64_t> seconds_of_day(std::string_view text) {
  int64_t parts[3] = {0, 0, 0};
  size_t count = 0;
  while (count < 3) {
    const size_t colon = text.find(':');
    const auto number = parse_int(text.substr(0, colon));
    if (!number || *number < 0 || *number > (count == 0 ? 23 : 59)) {
      return std::nullopt;
    }
    parts[count++] = *number;
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (count == 3) return std::nullopt;
  }
  if (count < 2) return std::nullopt;
  return parts[0] * 3600 + parts[1] * 60 + parts[2];
}

// The first time of day like this at or after the recording's begin.
std::optional<BootTime> wall_target(int64_t seconds, const RunHistory& history,
                                    const ClockAnchor& anchor) {
  const int64_t begin_wall = anchor.realtime_at(history.begin());
  const time_t begin = begin_wall / kSecond;
  struct tm day{};
  if (::localtime_r(&begin, &day) == nullptr) return std::nullopt;
  day.tm_hour = static_cast<int>(seconds / 3600);
  day.tm_min = static_cast<int>(seconds / 60 % 60);
  day.tm_sec = static_cast<int>(seconds % 60);
  day.tm_isdst = -1;
  time_t wall = ::mktime(&day);
  if (wall + 1 <= begin) wall += 86400;
  return history.begin() + Nanoseconds(wall * kSecond - begin_wall);
}

std::optional<BootTime> phase_target(std::string_view text,
                                     const PhaseTracker& tracker) {
  for (const Phase& phase : tracker.phases()) {
    if (phase.label(true) == text || phase.path == text ||
        phase_title(tracker, phase) == text) {
      return phase.begin;
    }
  }
  return std::nullopt;
}

std::optional<BootTime> part_target(std::string_view text,
                                    const RunHistory& history) {
  const auto ratio = parse_ratio(text);
  if (!ratio || *ratio < 0 || *ratio > 1) return std::nullopt;
  const Nanoseconds whole = history.end() - history.begin();
  return history.begin() + Nanoseconds(static_cast<int64_t>(
                               *ratio * static_cast<double>(whole.count())));
}

}  // namespace

Result<BootTime> parse_time_target(std::string_view text,
                                   const RunHistory& history,
                                   const RecordingInfo& info) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.starts_with('+') || text.starts_with('-')) {
    TIDEMARK_TRY(const Nanoseconds offset, parse_duration(text.substr(1)));
    return text.starts_with('+') ? history.begin() + offset
                                 : history.end() - offset;
  }
  std::optional<BootTime> target;
  if (const auto seconds = seconds_of_day(text)) {
    target = wall_target(*seconds, history, info.anchor);
  } else if (text.ends_with('%')) {
    target = part_target(text, history);
  } else {
    target = phase_target(text, history.phases());
  }
  if (target) return *target;
  return fail(ErrorKind::usage,
              "no such time or phase '" + std::string(text) +
                  "': 14:32:07, +90s, -30s, 50% or a phase's name");
}

}  // namespace tidemark
