// The phases that cohorts are born in, as one process lived them, and which of
// them a recorded site belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "core/analysis/cohorts.h"
#include "core/analysis/findings_builder.h"
#include "core/analysis/site_store.h"
#include "core/model/dictionary.h"

namespace tidemark {

// One cohort of one stack, as recorded.
struct SiteRow {
  const Subject* subject = nullptr;
  const SiteSeries* series = nullptr;
};
// By the process they belong to.
using SiteIndex = std::map<SubjectId, std::vector<SiteRow>>;
SiteIndex index_sites(const SiteStore& store, const Dictionary& dictionary);

// The phases that cohorts of a process were born in; of a run without any, the
// slices of its time (core/model/time_slices.h).
std::vector<CohortPhase> cohort_phases(const RunReadings& run, Span life,
                                       const OpsTable::Primary& primary,
                                       const std::vector<SiteRow>& rows);

// Whether these are slices of time.
bool are_time_slices(const std::vector<CohortPhase>& phases);

// What began before `from` was not, or not wholly, traced: it is no longer
// measured. False: none of the measured phases was cut.
bool measure_from(std::vector<CohortPhase>& phases, BootTime from);

// The same, neighbours joined until there are at most `most` (>= 8); never
// across the begin of the load or of the teardown.
std::vector<CohortPhase> join_phases(std::vector<CohortPhase> phases,
                                     size_t most);

// Where a site was born; `phases` must outlive it.
class PhaseLookup {
 public:
  explicit PhaseLookup(const std::vector<CohortPhase>& phases);
  // An index; 0 outside of phases.
  size_t of(const Subject& site) const;

 private:
  const std::vector<CohortPhase>& phases_;
  std::unordered_map<uint32_t, size_t> by_ordinal_;
};

}  // namespace tidemark
