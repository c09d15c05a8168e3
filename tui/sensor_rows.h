// Tidemark's own parts as rows: which sensor works at which level, what it
// costs, what was lost and why. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/dictionary.h"
#include "core/model/event.h"
#include "core/store/recording_info.h"
#include "tui/snapshot.h"

namespace tidemark {

struct SensorRow {
  std::string name;
  std::string level;  // how it reads: "iter/task"; "" when it does not
  // Seconds spent per second of the run, and failures so far; absent: not
  // told.
  std::optional<double> cost, errors;
  std::string cause;  // "" unless degraded: why, and the remedy
  bool degraded() const { return level.empty() || !cause.empty(); }
};

struct LossRow {
  std::string cause;
  double count = 0;
};

struct SensorRows {
  std::vector<SensorRow> sensors;  // in the recording's order, then the others
  std::vector<LossRow> losses;     // the largest first
  // Seconds; ratio; absent = unknown.
  std::optional<double> tick_late, edge_lag, coverage;
};

// The run began at `begin`; `events`: its events, in order.
SensorRows make_sensor_rows(const RecordingInfo& info, const Snapshot& shown,
                            const Dictionary& dictionary,
                            const std::vector<Event>& events, BootTime begin);

}  // namespace tidemark
