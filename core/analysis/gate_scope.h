// The stretches of time that a gate looks at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/curve.h"
#include "core/analysis/gate_expr.h"
#include "core/analysis/run_analysis.h"

namespace tidemark {

struct GateScope {
  // Ascending; apart from each other, but of retained(): one per phase.
  std::vector<Span> spans;
  std::string missing;  // why there is none
};

// Of all of them together.
double seconds_of(const std::vector<Span>& spans);

// `during GLOB` means phases whose path, its tail behind a '/', or its label
// ("steady#3") matches. Without it: the whole run; of slope() the load and
// steady phases, or all behind the first third of a run without any; of
// retained() the cool-downs, or else whatever repeats.
GateScope gate_scope(const GateExpr& gate, const RunSummary& summary);

// Whether `during GLOB` means a phase of this path: by all of it, or by its
// tail behind a '/'.
bool gate_path_matches(std::string_view glob, std::string_view path);
// The same of a phase, by its path or its label.
bool gate_phase_matches(const std::string& glob, const Phase& phase);

}  // namespace tidemark
