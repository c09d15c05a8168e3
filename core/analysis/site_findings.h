// Sites of a process's findings: which call stacks its growth comes from, and
// what their cohorts say of it. A suspicion that leaking sites explain becomes
// a leak; a curve that cohorts contradict gives way to them (design 5.2, 5.3).
#pragma once

#include <map>
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

// The phases that cohorts of a process were born in.
std::vector<CohortPhase> cohort_phases(const RunReadings& run, Span life,
                                       const OpsTable::Primary& primary,
                                       const std::vector<SiteRow>& rows);

// Each row's totals; its live at the end of the measured part.
std::vector<SiteTotals> site_totals(const std::vector<SiteRow>& rows,
                                    const std::vector<CohortPhase>& phases);

// Fills `sites` and `growth` of a process's findings, and lets the cohorts
// confirm or overrule the curves. Classes are named anew.
void add_sites(std::vector<Finding>& findings, const RunReadings& run,
               const ProcessCurves& process, const OpsTable::Primary& primary,
               const std::vector<SiteRow>& rows, const HeapFigures& heap);

// More untracked blocks than this part of all withhold a heap's verdict.
inline constexpr double kMostUntracked = 0.001;
// Leaking sites confirm a leak when they explain this part of its slope.
inline constexpr double kConfirmingShare = 0.5;

}  // namespace tidemark
