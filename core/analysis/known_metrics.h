// What the sensors measure, as a table: known before anything was recorded.
#pragma once

#include <string_view>

#include "core/model/metric.h"

namespace tidemark {

struct KnownMetric {
  std::string_view name;
  SubjectKind subject;
  MetricKind kind;
  Unit unit;
};

inline constexpr KnownMetric kKnownMetrics[] = {
#define METRIC(name, subject, kind, unit) \
  {name, SubjectKind::subject, MetricKind::kind, Unit::unit},
#include "core/analysis/known_metrics.def"
#undef METRIC
};

}  // namespace tidemark
