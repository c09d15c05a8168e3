// Makes the figures of a baseline out of a recording; fed beside RunAnalysis.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/analysis/compare/baseline.h"
#include "core/analysis/gate_store.h"
#include "core/analysis/run_analysis.h"

namespace tidemark {

class BaselineBuilder {
 public:
  // What every baseline keeps, and these metrics besides; unknown names are
  // left out.
  explicit BaselineBuilder(std::span<const std::string> more = {},
                           int64_t cpu_count = 1);

  void on_frame(const Frame& frame, const Dictionary& dictionary) {
    store_.on_frame(frame, dictionary);
  }
  void on_event(const Event& event);

  // Fills phases, findings, attributes and interference. `analysis`, `summary`
  // and `dictionary` are of the recording that was fed.
  void finish(const RunAnalysis& analysis, const RunSummary& summary,
              const Dictionary& dictionary, Baseline& baseline) const;

 private:
  std::vector<std::string> metrics_;
  GateStore store_;
  std::map<std::string, std::string> attributes_;  // of the run
  int64_t cpu_count_;
};

// The metrics that every baseline keeps; client names are globs ("op.*").
std::span<const std::string_view> baseline_metrics();

}  // namespace tidemark
