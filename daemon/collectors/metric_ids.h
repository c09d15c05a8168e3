// What collectors share: metrics defined from a table, and subjects that are
// found by name without making a string each time.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/model/metric.h"
#include "daemon/collector.h"

namespace tidemark {

// Metric ids in the order of the table.
template <size_t N>
std::array<MetricId, N> define_all(Definer& definer,
                                   const MetricSpec (&specs)[N]) {
  std::array<MetricId, N> ids;
  for (size_t i = 0; i < N; ++i) ids[i] = definer.define_metric(specs[i]);
  return ids;
}

// Devices or cgroups, by name; those that a pass did not ask for have ended.
class NamedSubjects {
 public:
  explicit NamedSubjects(SubjectKind kind) : kind_(kind) {}

  void begin() { ++pass_; }
  SubjectId get(Definer& definer, std::string_view name) {
    auto found = known_.find(name);
    if (found == known_.end()) {
      const SubjectId id = definer.subject(kind_, name);
      found = known_.emplace(std::string(name), Known{id, pass_}).first;
    }
    found->second.pass = pass_;
    return found->second.id;
  }
  void end(Definer& definer) {
    std::erase_if(known_, [&](const auto& entry) {
      if (entry.second.pass == pass_) return false;
      definer.end_subject(entry.second.id);
      return true;
    });
  }

 private:
  struct Known {
    SubjectId id;
    uint64_t pass = 0;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>()(name);
    }
  };
  SubjectKind kind_;
  std::unordered_map<std::string, Known, Hash, std::equal_to<>> known_;
  uint64_t pass_ = 0;
};

}  // namespace tidemark
