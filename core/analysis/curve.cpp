#include "core/analysis/curve.h"

#include <algorithm>

namespace tidemark {
namespace {

size_t first_after(const std::vector<Reading>& readings, BootTime time) {
  const auto later = [](BootTime t, const Reading& r) { return t < r.time; };
  const auto found =
      std::upper_bound(readings.begin(), readings.end(), time, later);
  return static_cast<size_t>(found - readings.begin());
}

}  // namespace

Span overlap(Span a, Span b) {
  return {std::max(a.from, b.from), std::min(a.to, b.to)};
}

CounterCurve::CounterCurve(std::vector<Reading> readings)
    : readings_(std::move(readings)) {
  // A counter that fell began anew: what it had before stays counted. The
  // limits keep hostile figures from overflowing.
  constexpr int64_t kLimit = int64_t{1} << 60;
  int64_t carried = 0;
  int64_t raw_before = 0;
  for (Reading& reading : readings_) {
    const int64_t raw = std::clamp(reading.value, int64_t{0}, kLimit);
    if (raw < raw_before) carried = std::min(carried + raw_before, kLimit);
    raw_before = raw;
    reading.value = raw + carried;
  }
}

double CounterCurve::at(BootTime time) const {
  if (readings_.empty()) return 0;
  const size_t next = first_after(readings_, time);
  if (next == 0) return static_cast<double>(readings_.front().value);
  const Reading& a = readings_[next - 1];
  if (next == readings_.size()) return static_cast<double>(a.value);
  const Reading& b = readings_[next];
  const double part = to_seconds(time - a.time) / to_seconds(b.time - a.time);
  return static_cast<double>(a.value) +
         part * static_cast<double>(b.value - a.value);
}

BootTime CounterCurve::first_growth() const {
  for (const Reading& reading : readings_) {
    if (reading.value > readings_.front().value) return reading.time;
  }
  return BootTime::max();
}

std::optional<int64_t> LevelCurve::at(BootTime time) const {
  const size_t next = after(time);
  if (next == 0) return std::nullopt;
  return readings_[next - 1].value;
}

size_t LevelCurve::after(BootTime time) const {
  return first_after(readings_, time);
}

}  // namespace tidemark
