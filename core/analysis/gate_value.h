// The value of one gate over a recording, per subject.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/gate_scope.h"
#include "core/analysis/gate_series.h"
#include "core/analysis/gates.h"
#include "core/analysis/phase_use.h"

namespace tidemark {

struct GateFigure {
  std::string who;
  double value = 0;
  int64_t n = 0;
  // slope() with a confidence: the interval and how sure it is beyond.
  std::optional<double> lo, hi;
  double p_fail = 1;
};

// What every gate of a run is measured from.
struct GateRun {
  const GateStore& store;
  const EdgeHistograms& spans;
  const RunSummary& summary;
  const GateNames& names;
  const OpsTable& ops;
  GateOptions options;
};

struct GateFigures {
  std::vector<GateFigure> all;
  std::string missing;  // why there is none
};

// Of any gate but leak(), over that time; what the scope is missing is then
// missing of the figures too.
GateFigures gate_figures(const GateExpr& gate, const GateRun& run,
                         GateScope scope);

}  // namespace tidemark
