#include "tui/sensor_rows.h"

#include <algorithm>

namespace tidemark {
namespace {

SensorRow& row_of(std::vector<SensorRow>& rows, const std::string& name) {
  const auto found = std::ranges::find(rows, name, &SensorRow::name);
  if (found != rows.end()) return *found;
  rows.emplace_back().name = name;
  return rows.back();
}

void add_levels(const RecordingInfo& info, std::vector<SensorRow>& rows) {
  for (const std::string& text : info.levels) {
    if (text.starts_with("testbed.")) continue;  // of the host, not a sensor
    const size_t colon = text.find(": ");
    if (colon == std::string::npos) {
      row_of(rows, text).level = "on";
      continue;
    }
    std::string level = text.substr(colon + 2);
    if (level == "none") level.clear();
    row_of(rows, text.substr(0, colon)).level = std::move(level);
  }
}

const std::vector<LatestValue>& values_of(std::string_view name,
                                          const Snapshot& shown,
                                          const Dictionary& dictionary) {
  static const std::vector<LatestValue> kNone;
  const Metric* metric = dictionary.find_metric(name);
  return metric == nullptr ? kNone : shown.others().of(metric->id);
}

void add_figures(const Snapshot& shown, const Dictionary& dictionary,
                 BootTime begin, std::vector<SensorRow>& rows) {
  const double elapsed = to_seconds(shown.time() - begin);
  for (const char* metric : {"self.collector_duration", "self.probe_time"}) {
    for (const LatestValue& value : values_of(metric, shown, dictionary)) {
      const Subject* subject = dictionary.subject(value.subject);
      if (subject == nullptr || elapsed <= 0) continue;
      row_of(rows, subject->name).cost =
          static_cast<double>(value.value) * 1e-9 / elapsed;
    }
  }
  for (const LatestValue& value :
       values_of("self.collector_errors", shown, dictionary)) {
    const Subject* subject = dictionary.subject(value.subject);
    if (subject == nullptr) continue;
    row_of(rows, subject->name).errors = static_cast<double>(value.value);
  }
}

void add_causes(const std::vector<Event>& events, BootTime time,
                std::vector<SensorRow>& rows) {
  for (const Event& event : events) {
    if (event.kind != EventKind::degraded || event.time > time) continue;
    row_of(rows, event.name).cause = event.text;
  }
}

std::optional<double> only(std::string_view name, double scale,
                           const Snapshot& shown,
                           const Dictionary& dictionary) {
  const auto& values = values_of(name, shown, dictionary);
  if (values.empty()) return std::nullopt;
  return static_cast<double>(values.front().value) * scale;
}

}  // namespace

SensorRows make_sensor_rows(const RecordingInfo& info, const Snapshot& shown,
                            const Dictionary& dictionary,
                            const std::vector<Event>& events, BootTime begin) {
  SensorRows rows;
  add_levels(info, rows.sensors);
  add_figures(shown, dictionary, begin, rows.sensors);
  add_causes(events, shown.time(), rows.sensors);
  for (const LatestValue& value :
       values_of("self.dropped", shown, dictionary)) {
    const Subject* subject = dictionary.subject(value.subject);
    rows.losses.push_back({subject == nullptr ? "unknown" : subject->name,
                           static_cast<double>(value.value)});
  }
  std::ranges::stable_sort(rows.losses, std::ranges::greater{},
                           &LossRow::count);
  rows.tick_late = only("self.tick_late", 1e-9, shown, dictionary);
  rows.edge_lag = only("self.edge_lag", 1e-9, shown, dictionary);
  rows.coverage = only("self.coverage", 1e-6, shown, dictionary);
  return rows;
}

}  // namespace tidemark
