// Sites of a process's findings: which call stacks its growth comes from, and
// what their cohorts say of it. A suspicion that leaking sites explain becomes
// a leak; a curve that cohorts contradict gives way to them (design 5.2, 5.3).
#pragma once

#include <vector>

#include "core/analysis/cohort_phases.h"
#include "core/analysis/findings_builder.h"
#include "core/analysis/site_store.h"
#include "core/model/dictionary.h"

namespace tidemark {

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
// A heap that was followed in less than this part of the judged time says
// nothing of what else grew in it.
inline constexpr double kLeastFollowed = 0.9;
// Leaking sites confirm a leak when they explain this part of its slope.
inline constexpr double kConfirmingShare = 0.5;

}  // namespace tidemark
