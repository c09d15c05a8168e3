// Sites of the probes that tell each stack with its weight: adds the weights up
// by process, kind, stack and phase, and puts them into the frames.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "core/base/ids.h"
#include "core/model/site.h"
#include "daemon/collector.h"
#include "daemon/stack_resolver.h"

namespace tidemark {

class StackSites {
 public:
  // Beyond it a process's further stacks go to one site without a stack.
  static constexpr size_t kMostOfProcess = 4096;

  struct Weight {
    int64_t bytes = 0;
    int64_t count = 0;    // calls; 0 where only samples are known
    int64_t samples = 0;  // 0 where every one was seen
  };

  StackSites(Definer& definer, std::string proc);

  void phase_changed(const Cohort& cohort);
  // A process's stacks come from now on.
  void begin(ProcessKey process) { resolver_.prepare(process); }
  // One stack. Its figures are in the frames as soon as it is unwound.
  void add(SubjectId owner, SiteKind kind, uint32_t cohort, Weight weight,
           CopiedStack stack);
  // The process ended: its sites do, once all its stacks are known.
  void end(SubjectId owner, ProcessKey process);
  // Waits for what is under way, at most `limit`.
  void settle(Nanoseconds limit) { resolver_.settle(limit); }
  void put(FrameBuilder& frame);

  int64_t refused() const { return refused_; }

 private:
  struct Pending {
    SubjectId owner;
    SiteKind kind = SiteKind::none;
    uint32_t cohort = 0;
    Weight weight;
  };
  using Key = std::tuple<SubjectId, SiteKind, StackId, uint32_t>;
  struct Site {
    SubjectId subject;
    Weight sum;
  };

  void accept();
  void accept(const ResolvedStacks::Known& known);
  StackId define(const UnwoundStack& unwound);
  Site& site_of(const Pending& pending, StackId stack);
  void end_sites(SubjectId owner);

  Definer& definer_;
  StackResolver resolver_;
  ResolvedStacks found_;  // reused
  std::unordered_map<uint32_t, ModuleId> modules_;
  std::unordered_map<uint64_t, Pending> pending_;
  std::unordered_map<uint32_t, std::string> phases_;  // paths by ordinal
  std::map<Key, Site> sites_;
  std::map<SubjectId, size_t> of_process_;  // sites of each
  std::vector<SubjectId> ending_;
  MetricId alloc_bytes_, alloc_count_, samples_;
  uint64_t next_token_ = 0;
  int64_t refused_ = 0;
};

}  // namespace tidemark
