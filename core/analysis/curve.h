// A series as a function of time: counters grow evenly between readings,
// levels hold until the next reading.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "core/analysis/packed_series.h"

namespace tidemark {

// A half-open stretch of time.
struct Span {
  BootTime from, to;
  Nanoseconds length() const { return to - from; }
  bool empty() const { return to <= from; }
  bool holds(BootTime time) const { return from <= time && time < to; }

  bool operator==(const Span&) const = default;
};

Span overlap(Span a, Span b);

// A counter without its resets: it only grows. Before its first reading it
// has the value of the first, after the last that of the last.
class CounterCurve {
 public:
  CounterCurve() = default;
  explicit CounterCurve(std::vector<Reading> readings);

  bool empty() const { return readings_.empty(); }
  double at(BootTime time) const;
  double growth(Span span) const { return at(span.to) - at(span.from); }
  // The first time it was above its first value; the end of time when never.
  BootTime first_growth() const;
  const std::vector<Reading>& readings() const { return readings_; }

 private:
  std::vector<Reading> readings_;
};

class LevelCurve {
 public:
  LevelCurve() = default;
  explicit LevelCurve(std::vector<Reading> readings)
      : readings_(std::move(readings)) {}

  bool empty() const { return readings_.empty(); }
  // Absent before the first reading.
  std::optional<int64_t> at(BootTime time) const;
  // The index of the first reading later than `time`.
  size_t after(BootTime time) const;
  const std::vector<Reading>& readings() const { return readings_; }

 private:
  std::vector<Reading> readings_;
};

}  // namespace tidemark
