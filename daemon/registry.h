// The one giver of ids: metrics, subjects and stacks. What is defined here is
// handed to the recorder with the next frame, so that a recording always knows
// a thing before it has a value.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/model/metric.h"
#include "core/model/subject.h"
#include "daemon/collector.h"
#include "daemon/stack_registry.h"

namespace tidemark {

// What was defined since it was last taken.
struct Definitions {
  std::vector<Metric> metrics;
  std::vector<Subject> subjects;
  std::vector<SubjectId> ended;
  StackDefinitions stacks;

  bool empty() const {
    return metrics.empty() && subjects.empty() && ended.empty() &&
           stacks.empty();
  }
  // Appends `newer`, which becomes empty.
  void append(Definitions& newer);
  void clear();
};

class Registry final : public Definer {
 public:
  // `stacks_cost`: StackRegistry's most.
  explicit Registry(size_t stacks_cost = StackTable::kMaxCost)
      : stacks_(stacks_cost) {}

  // The same name again gives the same id.
  MetricId define_metric(const MetricSpec& spec) override;
  SubjectId subject(SubjectKind kind, std::string_view name) override;
  SubjectId define_subject(const Subject& subject) override;
  void end_subject(SubjectId id) override;
  ModuleId define_module(const Module& module) override {
    return stacks_.module(module);
  }
  StackId define_stack(const Stack& stack) override {
    return stacks_.stack(stack);
  }
  void define_symbols(const AddressSymbols& symbols) override {
    stacks_.symbols(symbols);
  }

  // Invalid when nobody has defined it.
  MetricId find_metric(std::string_view name) const;
  // "" for an id that was not given out.
  std::string_view metric_name(MetricId id) const;

  // Stacks, modules and names that a recording could not hold.
  int64_t stacks_refused() const { return stacks_.refused(); }

  // Moves all changes to the end of `changes`.
  void take(Definitions& changes) {
    changes.append(changes_);
    stacks_.take(changes.stacks);
  }

 private:
  std::unordered_map<std::string, MetricId> metrics_;
  std::vector<std::string> metric_names_;  // by id
  // By kind and name, for subjects that have no other identity.
  std::unordered_map<std::string, SubjectId> named_;
  std::unordered_map<SubjectId, std::string> names_;
  uint32_t next_subject_ = 0;
  StackRegistry stacks_;
  Definitions changes_;  // but for the stacks'
};

}  // namespace tidemark
