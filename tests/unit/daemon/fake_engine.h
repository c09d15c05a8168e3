// What a collector runs in: an id giver and a frame that tests can ask.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/collector.h"
#include "daemon/stack_registry.h"

namespace tidemark {

class FakeDefiner final : public Definer {
 public:
  MetricId define_metric(const MetricSpec& spec) override {
    const auto next = MetricId(static_cast<uint32_t>(metrics.size()));
    return metrics.emplace(std::string(spec.name), next).first->second;
  }
  SubjectId subject(SubjectKind kind, std::string_view name) override {
    for (const auto& [id, known] : defined) {
      if (known.kind == kind && known.name == name) return id;
    }
    Subject subject;
    subject.kind = kind;
    subject.name = name;
    return define_subject(subject);
  }
  SubjectId define_subject(const Subject& subject) override {
    const SubjectId id = subject.id.valid() ? subject.id : SubjectId(next_++);
    defined[id] = subject;
    defined[id].id = id;
    ++definitions;
    return id;
  }
  void end_subject(SubjectId id) override {
    ended.push_back(id);
    defined.erase(id);
  }
  ModuleId define_module(const Module& module) override {
    return stacks.module(module);
  }
  StackId define_stack(const Stack& stack) override {
    return stacks.stack(stack);
  }
  void define_symbols(const AddressSymbols& symbols) override {
    stacks.symbols(symbols);
  }

  std::map<std::string, MetricId> metrics;
  std::map<SubjectId, Subject> defined;
  std::vector<SubjectId> ended;
  int definitions = 0;
  StackRegistry stacks;

 private:
  uint32_t next_ = 0;
};

class FakeFrame final : public FrameBuilder {
 public:
  explicit FakeFrame(const FakeDefiner& definer) : definer_(definer) {}
  void put(MetricId metric, SubjectId subject, int64_t value) override {
    repeated += values.contains({metric, subject});
    values[{metric, subject}] = value;
  }
  void put_histogram(HistogramValue) override {}

  std::optional<int64_t> get(const std::string& metric,
                             SubjectId subject) const {
    const auto known = definer_.metrics.find(metric);
    if (known == definer_.metrics.end()) return std::nullopt;
    const auto found = values.find({known->second, subject});
    if (found == values.end()) return std::nullopt;
    return found->second;
  }

  std::map<std::pair<MetricId, SubjectId>, int64_t> values;
  int repeated = 0;  // the same metric and subject twice in one frame

 private:
  const FakeDefiner& definer_;
};

class FakeClock final : public Clock {
 public:
  BootTime now() const override { return time; }
  ClockAnchor anchor() const override { return {}; }
  BootTime time;
};

inline std::unique_ptr<Collector> make_collector(std::string_view name) {
  for (const CollectorEntry& entry : all_collectors()) {
    if (entry.name == name) return entry.make();
  }
  return nullptr;
}

}  // namespace tidemark
