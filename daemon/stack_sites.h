// Sites of the probes that tell each stack with its weight: adds the weights up
// by process, kind, stack and phase, and puts them into the frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "core/base/ids.h"
#include "core/model/site.h"
#include "daemon/collector.h"
#include "daemon/site_subjects.h"
#include "daemon/stack_desk.h"

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

  // The desk's answers are for this object: it may not accept() after our end.
  StackSites(Definer& definer, StackDesk& desk);

  void phase_changed(const Cohort& cohort);
  // A process's stacks come from now on.
  void begin(ProcessKey process) { desk_.prepare(process); }
  // One stack. Its figures are in the frames as soon as it is unwound; those of
  // one that the desk refuses go to a site without a stack.
  void add(SubjectId owner, SiteKind kind, uint32_t cohort, Weight weight,
           CopiedStack stack);
  // The process ended: its sites do, once all its stacks are known.
  void end(SubjectId owner, ProcessKey process);
  // The last figures of sites of phases that are over are in this frame: those
  // end. What comes late of such a phase is a further site of it.
  void put(FrameBuilder& frame);

  size_t size() const { return sites_.size(); }
  int64_t refused() const { return refused_; }

 private:
  struct Site {
    SubjectId subject;
    Weight sum;
  };
  struct Owned {
    size_t sites = 0;
    size_t waiting = 0;  // stacks at the desk
    bool ending = false;
  };

  void add_up(SiteKey key, const Weight& weight);
  Site& site_of(SiteKey key);
  void end_sites(SubjectId owner);
  void end_past_phases();

  StackDesk& desk_;
  SiteSubjects subjects_;
  std::map<SiteKey, Site> sites_;
  std::map<SubjectId, Owned> owned_;
  Cohort cohort_;
  MetricId alloc_bytes_, alloc_count_, samples_;
  int64_t refused_ = 0;
};

}  // namespace tidemark
