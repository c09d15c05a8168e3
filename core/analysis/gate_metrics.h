// What a gate's metric is: its sources in a recording, how they are read, and
// the unit of what a function makes of them. Known before a run is recorded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/gate_expr.h"
#include "core/model/metric.h"

namespace tidemark {

enum class GateSource : uint8_t {
  level,    // a gauge
  counter,  // a total; its samples are rates
  span,     // durations of a client's spans
};

struct GateMetricInfo {
  GateSource source = GateSource::level;
  SubjectKind subject = SubjectKind::process;
  GateDimension dimension = GateDimension::count;  // of the level or the total
  double scale = 1;   // from the recorded integer to the dimension's base unit
  bool real = false;  // the recorded bits are a double
  bool of_all_cpus = false;  // a share of all processors, not of one
  // The metrics that are added up: cpu is cpu_user and cpu_system. May be a
  // glob where clients name them.
  std::vector<std::string> sources;
};

// Error usage: an unknown name, with the nearest one.
Result<GateMetricInfo> gate_metric(std::string_view name);

// What the gate's value is measured in: "bytes", "bytes/op", "ratio", ….
struct GateUnit {
  GateDimension dimension = GateDimension::count;
  std::string name;
};
// Of a gate that check_gate() accepted.
GateUnit gate_unit(const GateExpr& gate);

// Whether the metrics exist, the function suits them and the limits have
// their unit. Error usage, with the position.
Status check_gate(const GateExpr& gate);

// Every name a gate may use that is known before a run, in order.
const std::vector<std::string_view>& gate_metric_names();

}  // namespace tidemark
