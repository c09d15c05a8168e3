#include "core/model/dictionary.h"

#include <utility>

namespace tidemark {
namespace {

template <typename T>
bool place(std::vector<T>& table, T value) {
  const uint32_t index = value.id.value;
  if (!value.id.valid() || index > table.size() + Dictionary::kMaxStep) {
    return false;
  }
  if (index >= table.size()) table.resize(index + 1);
  table[index] = std::move(value);
  return true;
}

template <typename T, typename IdType>
const T* lookup(const std::vector<T>& table, IdType id) {
  if (id.value >= table.size() || !table[id.value].id.valid()) return nullptr;
  return &table[id.value];
}

}  // namespace

bool Dictionary::define(Metric metric) {
  const MetricId id = metric.id;
  std::string name = metric.name;
  if (!place(metrics_, std::move(metric))) return false;
  metric_by_name_.insert_or_assign(std::move(name), id);
  return true;
}

bool Dictionary::define(Subject subject) {
  return place(subjects_, std::move(subject));
}

const Metric* Dictionary::metric(MetricId id) const {
  return lookup(metrics_, id);
}

const Subject* Dictionary::subject(SubjectId id) const {
  return lookup(subjects_, id);
}

const Metric* Dictionary::find_metric(std::string_view name) const {
  const auto found = metric_by_name_.find(std::string(name));
  return found == metric_by_name_.end() ? nullptr : metric(found->second);
}

}  // namespace tidemark
