// From the kernel's rows (process, stack key, phase, kind) to sites: rows whose
// stacks turned out equal are one site, each site one subject.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>

#include "core/base/ids.h"
#include "core/model/site.h"
#include "daemon/collector.h"
#include "daemon/site_subjects.h"
#include "probes/handles.h"

namespace tidemark {

class HandleSites {
 public:
  explicit HandleSites(Definer& definer);

  void phase_changed(const Cohort& cohort) { subjects_.phase_changed(cohort); }
  void begin(HandleSlot slot, SubjectId owner) { owners_[slot] = owner; }
  // The stack of a key is being looked for.
  void expect(HandleSlot slot) { ++waiting_[slot]; }
  // It was found; invalid: its rows go to a site without frames.
  void found(HandleSlot slot, uint64_t key, StackId stack);
  // Nobody looks for it: as one of which nothing was found.
  void give_up(HandleSlot slot, uint64_t key) { stacks_[{slot, key}] = {}; }
  // Rows of a slot whose stack is still being looked for.
  bool waits(HandleSlot slot) const;

  // Adds the rows up and puts them. Those without a stack wait, unless `last`:
  // then they go to a site without frames.
  void put(std::span<const HandleSite> rows, bool last, FrameBuilder& frame);
  // The process ended and its last rows were put: so do its sites. Nothing may
  // be looked for then (waits()): a slot is given to another process.
  void end(HandleSlot slot);

 private:
  using Place = std::pair<HandleSlot, uint64_t>;  // and stack key
  struct Site {
    SubjectId subject;
    int64_t opened = 0;
    int64_t open = 0;
    int64_t opened_bytes = 0;
    int64_t open_bytes = 0;
  };

  Site& site_of(const SiteKey& key);

  SiteSubjects subjects_;
  MetricId live_count_, alloc_count_, live_bytes_, alloc_bytes_;
  std::map<HandleSlot, SubjectId> owners_;
  std::map<HandleSlot, size_t> waiting_;
  std::map<Place, StackId> stacks_;
  std::map<SiteKey, Site> sites_;
};

}  // namespace tidemark
