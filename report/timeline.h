// The run over time, reduced to columns no wider than a chart has pixels: of
// each series the least, the mean and the greatest value per column, so that
// neither floors nor peaks are lost. Processes are summed by role.
//
//   TimelineBuilder builder(begin, end, interval);
//   builder.on_frame(frame, dictionary); ...
//   Timeline timeline = builder.finish();
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/model/dictionary.h"
#include "core/model/frame.h"

namespace tidemark {

// What the figures of a chart are; also the name of the unit in report.json.
enum class ChartUnit : uint8_t {
  cores,             // CPU seconds per second
  bytes,             //
  bytes_per_second,  //
  per_second,        //
  count,             //
  seconds,           //
  ratio,             // 0..1
  plain,             // as a client's gauge gives it
};
const char* chart_unit_name(ChartUnit unit);

struct TimelineSeries {
  std::string name;  // raw bytes: a role, an op, a span, ...
  // One per column; NaN where nothing was read.
  std::vector<double> mean, min, max;
};

struct TimelineLimit {
  std::string name;
  double value = 0;
};

struct TimelineChart {
  std::string id;     // "cpu", "memory", ...: stable, for scripts
  std::string title;  // "CPU by role"
  ChartUnit unit = ChartUnit::plain;
  std::vector<TimelineSeries> series;
  std::vector<TimelineLimit> limits;
  int64_t left_out = 0;  // series that are not drawn, having less
};

struct Timeline {
  BootTime begin;  // of the first column
  Nanoseconds column{0};
  size_t columns = 0;
  std::vector<TimelineChart> charts;

  BootTime at(size_t index) const {
    return begin + column * static_cast<int64_t>(index);
  }
};

class TimelineBuilder {
 public:
  // Of the recording: its first and last instant and the tick period. At most
  // `most_columns` columns, none narrower than a tick.
  TimelineBuilder(BootTime begin, BootTime end, Nanoseconds interval,
                  size_t most_columns = 960);
  TimelineBuilder(TimelineBuilder&&) noexcept;
  ~TimelineBuilder();

  // In the order of the recording.
  void on_frame(const Frame& frame, const Dictionary& dictionary);
  void on_gap(BootTime from, BootTime to);

  // Charts without a figure are left out.
  Timeline finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
