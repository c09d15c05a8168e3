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
  // Adds or replaces the definition of metric.id / subject.id. False, and
  // ignored, when the id is not below kMaxMetrics / kMaxSubjects. Subject ids
  // may be sparse: a long-lived daemon's recording begins with high ones.
  bool define(Metric metric);
  bool define(Subject subject);

  // nullptr when not defined.
  const Metric* metric(MetricId id) const;
  const Subject* subject(SubjectId id) const;
  const Metric* find_metric(std::string_view name) const;
  // By id; undefined slots have an invalid id.
  const std::vector<Metric>& metrics() const { return metrics_; }
  // In the order of their first definition.
  const std::vector<Subject>& subjects() const { return subjects_; }

  static constexpr uint32_t kMaxMetrics = 1u << 16;
  static constexpr uint32_t kMaxSubjects = 1u << 28;

 private:
  std::vector<Metric> metrics_;
  std::vector<Subject> subjects_;
  std::unordered_map<SubjectId, size_t> subject_index_;
  std::unordered_map<std::string, MetricId> metric_by_name_;
};

}  // namespace tidemark
