// Two runs side by side: what each part of the test cost here and there. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/analysis/run_analysis.h"
#include "core/model/dictionary.h"

namespace tidemark {

enum class RunFigure : uint8_t {
  retained,    // the worst verdict's slope, per op else per minute
  cpu,         // cores, mean
  cpu_per_op,  // seconds
  anon,        // bytes at the end
  fds,         // at the end
  threads,
  ops,  // per second
  p95,  // seconds
};

// The figures of one run: by phase path, by whom (role or name, op, span), by
// figure. Cycles of a path are averaged; processes of a role are added up.
struct RunFigures {
  using Key = std::tuple<std::string, std::string, RunFigure>;
  struct Value {
    double value = 0;
    std::string words;  // of a verdict
  };
  std::map<Key, Value> values;
  std::vector<std::string> paths;  // in the order of the run
};
RunFigures run_figures(const RunSummary& summary, const Dictionary& dictionary);

struct ComparedRow {
  std::string path, who;
  RunFigure figure = RunFigure::cpu;
  // Absent: that run has no such figure.
  std::optional<RunFigures::Value> here, there;
  // (here - there) / there; absent without a base.
  std::optional<double> change;
};

// In the order of the run here, then what only the other has.
std::vector<ComparedRow> compare_runs(const RunFigures& here,
                                      const RunFigures& there);
// More of it is worse (of all but ops per second).
bool more_is_worse(RunFigure figure);
std::string_view figure_title(RunFigure figure);
std::string figure_text(RunFigure figure, const RunFigures::Value& value);

}  // namespace tidemark
