// The dictionary of a recording: its metrics and subjects by id.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/model/metric.h"
#include "core/model/subject.h"

namespace tidemark {

class Dictionary {
 public:
  // Adds or replaces the definition of metric.id / subject.id. Ids are dense
  // and small; an id more than kMaxStep past the end is ignored (foreign
  // bytes) and false returned.
  bool define(Metric metric);
  bool define(Subject subject);

  // nullptr when not defined.
  const Metric* metric(MetricId id) const;
  const Subject* subject(SubjectId id) const;
  const Metric* find_metric(std::string_view name) const;
  // All definitions, by id; undefined slots have an invalid id.
  const std::vector<Metric>& metrics() const { return metrics_; }
  const std::vector<Subject>& subjects() const { return subjects_; }

  static constexpr uint32_t kMaxStep = 1u << 20;

 private:
  std::vector<Metric> metrics_;
  std::vector<Subject> subjects_;
  std::unordered_map<std::string, MetricId> metric_by_name_;
};

}  // namespace tidemark
