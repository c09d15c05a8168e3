// A frame: all values of one sampling instant, by metric, in columns.
//
// What the sensors write and the recorder stores is raw: counters as read.
// A value that was not read is absent, never zero.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"

namespace tidemark {

enum class FrameKind : uint8_t {
  tick = 1,  // periodic: every collector whose period has come
  edge = 2,  // a phase began or ended: watched processes and clients only
};

struct Column {
  MetricId metric;
  // The values were read one after another from read_begin on, evenly over
  // read_span: value i at read_begin + read_span * i / size.
  BootTime read_begin;
  Nanoseconds read_span{0};
  std::vector<SubjectId> subjects;
  std::vector<int64_t> values;  // same length as subjects
};

// Cumulative counts of the non-empty buckets of one histogram
// (core/base/histogram.h), ascending by bucket.
struct HistogramValue {
  MetricId metric;
  SubjectId subject;
  int64_t sum = 0;  // of all values, in the metric's unit
  int64_t max = 0;
  std::vector<std::pair<uint32_t, uint64_t>> buckets;
};

struct Frame {
  BootTime time;  // the deadline this frame answers (tick) or the mark's (edge)
  FrameKind kind = FrameKind::tick;
  bool complete = true;     // false: some sensor failed or was cut short
  int64_t interval_ns = 0;  // the tick period in force
  std::vector<Column> columns;
  std::vector<HistogramValue> histograms;
  std::vector<SubjectId> ended;  // subjects that no longer exist

  // Empties the frame but keeps its memory: no allocation per tick.
  void clear() {
    for (Column& column : columns) {
      column.subjects.clear();
      column.values.clear();
    }
    histograms.clear();
    ended.clear();
    complete = true;
  }
};

}  // namespace tidemark
