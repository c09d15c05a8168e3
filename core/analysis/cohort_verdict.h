// How cohorts change the verdict of a curve: a suspicion that leaking sites
// explain is a leak; growth whose old cohorts drain is none.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "core/analysis/cohorts.h"
#include "core/model/finding.h"

namespace tidemark {

// All sites of one finding together.
struct CohortEvidence {
  double sample_bytes = 1;
  // A run that marks nothing may as well be a job that builds up all it needs:
  // there it takes more to call growth a leak.
  bool time_slices = false;
  size_t cohorts = 0;  // old ones, the same for all sites
  size_t leaking = 0;  // sites
  size_t tidied = 0;   // of these, sites that the teardown frees
  double per_op = 0, per_minute = 0, residue = 0;  // of the leaking ones
  std::map<SiteClass, double> gained;
  double gained_all = 0;

  void add(const CohortJudgement& judgement);
  // Enough old cohorts to rest a verdict on.
  bool suffices() const;
};

// Whether the sites that leak explain half of the finding's slope.
bool explains(const Finding& finding, const CohortEvidence& evidence);

// `evidence` is of the finding's own sites.
void let_cohorts_speak(Finding& finding, const CohortEvidence& evidence);

// Of one process: memory that rises over a heap that does not is kept by the
// allocator, and no leak of the program.
void let_heap_speak(std::vector<Finding>& findings);

// The heap's verdict is withheld: this part of its blocks was not followed.
void withhold(Finding& heap, double untracked_share);
// A heap that was traced for this part of the judged time only: what it did in
// the rest is not known, so that only a leak is found by it.
void withhold_unless_leak(Finding& heap, double followed_share);

}  // namespace tidemark
