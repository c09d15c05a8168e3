// From a process's series to its findings: collects the readings that
// judge() needs, per resource.
#pragma once

#include <vector>

#include "core/analysis/phase_use.h"
#include "core/analysis/reading_plan.h"
#include "core/analysis/series_store.h"
#include "core/analysis/verdict.h"

namespace tidemark {

// What the findings of every process share.
struct RunReadings {
  Span run;
  const std::vector<Phase>& phases;
  ReadingPlan plan;
  double coverage = 1.0;
  VerdictOptions verdict;
  bool is_marked = true;  // false: `phases` is the whole run alone
};

// The input of judge() for one resource; `reads` are the times its metric was
// read. No retained reading and no sample when it never was.
CurveInput curve_input(const RunReadings& run, const ProcessCurves& process,
                       Resource resource, const std::vector<BootTime>& reads,
                       const OpsTable::Primary& primary);

// One finding per resource that was read. `heap_step`: what the heap's figure
// cannot resolve, in bytes.
std::vector<Finding> findings_of(const RunReadings& run,
                                 const ProcessCurves& process,
                                 const SeriesStore& store,
                                 const OpsTable::Primary& primary,
                                 double heap_step = 16);

// A phase without phases inside it: growth is told of the innermost.
bool is_leaf(const std::vector<Phase>& phases, size_t index);

// Where a leak can grow: the innermost measured phases after the warm-up that
// begin within `life`, as ascending indices. Load and steady ones, or those
// without a kind when there are no others.
std::vector<size_t> measured_phases(const RunReadings& run, Span life);

// True when the process lived long enough for a verdict to mean something:
// 10 s and a tenth of the run.
bool is_judged(Span life, Span run);

// Worst first; a total order, so that equal runs give equal reports.
void sort_worst_first(std::vector<Finding>& findings);

}  // namespace tidemark
