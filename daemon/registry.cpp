#include "daemon/registry.h"

#include <iterator>

namespace tidemark {
namespace {

template <typename T>
void move_all(std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()),
            std::make_move_iterator(from.end()));
  from.clear();
}

std::string named_key(SubjectKind kind, std::string_view name) {
  std::string key(1, static_cast<char>(kind));
  key += name;
  return key;
}

}  // namespace

void Definitions::append(Definitions& newer) {
  move_all(newer.metrics, metrics);
  move_all(newer.subjects, subjects);
  move_all(newer.ended, ended);
  stacks.append(newer.stacks);
}

void Definitions::clear() {
  metrics.clear();
  subjects.clear();
  ended.clear();
  stacks.clear();
}

MetricId Registry::define_metric(const MetricSpec& spec) {
  const auto [found, added] = metrics_.try_emplace(
      std::string(spec.name), MetricId(static_cast<uint32_t>(metrics_.size())));
  if (added) {
    metric_names_.push_back(found->first);
    changes_.metrics.push_back({found->second, found->first, spec.subject,
                                spec.kind, spec.unit, std::string(spec.help)});
  }
  return found->second;
}

MetricId Registry::find_metric(std::string_view name) const {
  const auto found = metrics_.find(std::string(name));
  return found == metrics_.end() ? MetricId() : found->second;
}

std::string_view Registry::metric_name(MetricId id) const {
  return id.value < metric_names_.size() ? metric_names_[id.value]
                                         : std::string_view();
}

SubjectId Registry::subject(SubjectKind kind, std::string_view name) {
  std::string key = named_key(kind, name);
  const auto found = named_.find(key);
  if (found != named_.end()) return found->second;
  Subject subject;
  subject.kind = kind;
  subject.name = std::string(name);
  const SubjectId id = define_subject(subject);
  names_.emplace(id, key);
  named_.emplace(std::move(key), id);
  return id;
}

SubjectId Registry::define_subject(const Subject& subject) {
  Subject& defined = changes_.subjects.emplace_back(subject);
  if (!defined.id.valid()) defined.id = SubjectId(next_subject_++);
  return defined.id;
}

void Registry::end_subject(SubjectId id) {
  const auto found = names_.find(id);
  if (found != names_.end()) {
    named_.erase(found->second);
    names_.erase(found);
  }
  changes_.ended.push_back(id);
}

}  // namespace tidemark
