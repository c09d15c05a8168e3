// Gates held against a recording: the value of each, whether it passes, and
// why. Pure: the same recording and gates give the same results.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/gate_file.h"
#include "core/analysis/gate_store.h"
#include "core/analysis/run_analysis.h"

namespace tidemark {

struct Baseline;

// What change() compares with, by the gate's reference ("baseline",
// "run:PATH", "branch:NAME"): runs, of which the median counts, or why there
// is none.
struct GateReference {
  std::vector<const Baseline*> runs;
  std::string missing;
};

struct GateOptions {
  int64_t cpu_count = 1;  // of the host
  bool ci = false;        // a gate without data fails
  // Of change(): this run's own figures, and what they are held against.
  const Baseline* figures = nullptr;
  std::map<std::string, GateReference> references = {};
};

// Of subjects that differ (processes, devices) the worst decides. Gates with
// a confidence are corrected for their number (Holm 1979). `store`, `analysis`
// and `summary` are of the same recording.
std::vector<GateResult> evaluate_gates(std::span<const Gate> gates,
                                       const GateStore& store,
                                       const RunAnalysis& analysis,
                                       const RunSummary& summary,
                                       const Dictionary& dictionary,
                                       const GateOptions& options);

struct GateFigures;
// The result of a gate whose figures are known, by its limits alone. They must
// not be empty.
GateResult judge_figures(const GateExpr& gate, const GateFigures& figures);

// Gates that passed, of those decided, in percent; a warning has passed.
// Absent when none was decided.
std::optional<double> gate_score(std::span<const GateResult> results);

}  // namespace tidemark
