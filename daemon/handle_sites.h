// From the kernel's rows (process, stack key, phase, kind) to sites: rows whose
// stacks turned out equal are one site, each site one subject.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/model/site.h"
#include "daemon/collector.h"
#include "daemon/stack_resolver.h"
#include "probes/handles.h"

namespace tidemark {

class HandleSites {
 public:
  explicit HandleSites(Definer& definer);

  void phase_changed(const Cohort& cohort) {
    phases_[cohort.ordinal] = cohort.path;
  }
  void begin(HandleSlot slot, SubjectId owner) { owners_[slot] = owner; }
  // Which stack a token of the resolver is of.
  void expect(uint64_t token, HandleSlot slot, uint64_t key) {
    pending_[token] = {slot, key};
  }
  // Nobody looks for it: its rows go to a site without frames.
  void give_up(HandleSlot slot, uint64_t key) { stacks_[{slot, key}] = {}; }
  void accept(const ResolvedStacks& found);
  // Rows of a slot whose stack is still being looked for.
  bool waits(HandleSlot slot) const;

  // Adds the rows up and puts them. Those without a stack wait, unless `last`:
  // then they go to a site without frames.
  void put(std::span<const HandleSite> rows, bool last, FrameBuilder& frame);
  // The process ended and its last rows were put: so do its sites.
  void end(HandleSlot slot);

 private:
  using Key = std::tuple<SubjectId, SiteKind, StackId, uint32_t>;
  using Place = std::pair<HandleSlot, uint64_t>;  // and stack key
  struct Site {
    SubjectId subject;
    int64_t opened = 0;
    int64_t open = 0;
  };

  StackId define(const UnwoundStack& unwound);
  Site& site_of(const Key& key);

  Definer& definer_;
  MetricId live_count_, alloc_count_;
  std::unordered_map<uint32_t, std::string> phases_;  // paths by ordinal
  std::map<HandleSlot, SubjectId> owners_;
  std::unordered_map<uint32_t, ModuleId> modules_;
  std::unordered_map<uint64_t, Place> pending_;  // by token
  std::map<Place, StackId> stacks_;
  std::map<Key, Site> sites_;
};

}  // namespace tidemark
