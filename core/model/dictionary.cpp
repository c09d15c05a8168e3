#include "core/model/dictionary.h"

#include <utility>

namespace tidemark {

bool Dictionary::define(Metric metric) {
  const uint32_t index = metric.id.value;
  if (index >= kMaxMetrics) return false;
  if (index >= metrics_.size()) metrics_.resize(index + 1);
  metric_by_name_.insert_or_assign(metric.name, metric.id);
  metrics_[index] = std::move(metric);
  return true;
}

bool Dictionary::define(Subject subject) {
  if (subject.id.value >= kMaxSubjects) return false;
  const auto [at, added] =
      subject_index_.try_emplace(subject.id, subjects_.size());
  if (added) {
    subjects_.push_back(std::move(subject));
  } else {
    subjects_[at->second] = std::move(subject);
  }
  return true;
}

const Metric* Dictionary::metric(MetricId id) const {
  const bool defined =
      id.value < metrics_.size() && metrics_[id.value].id.valid();
  return defined ? &metrics_[id.value] : nullptr;
}

const Subject* Dictionary::subject(SubjectId id) const {
  const auto found = subject_index_.find(id);
  return found == subject_index_.end() ? nullptr : &subjects_[found->second];
}

const Metric* Dictionary::find_metric(std::string_view name) const {
  const auto found = metric_by_name_.find(std::string(name));
  return found == metric_by_name_.end() ? nullptr : metric(found->second);
}

}  // namespace tidemark
