// --baseline and what goes with it: the same for every command that holds a
// run against earlier ones.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/run_sources.h"
#include "core/analysis/gates.h"
#include "report/report.h"

namespace tidemark {

struct BaselineArguments {
  std::string baseline;  // "" = none
  bool cross_testbed = false;
  StoreArguments store;
};
void add_baseline_options(CLI::App& app, BaselineArguments& arguments);

struct BaselineReferences {
  std::map<std::string, NamedRuns> runs;  // by the gates' word for it

  std::map<std::string, GateReference> for_gates() const;
};

// What change() gates and the run are held against: "run:PATH" is a file;
// "baseline" and "branch:NAME" are of the store, and stay away when no
// baseline was named: their gates have no data then. Errors: as find_runs.
// `recording`: whose testbed decides which baselines count.
Result<BaselineReferences> find_references(const BaselineArguments& arguments,
                                           const std::vector<Gate>& gates,
                                           const std::string& recording);

// Sets what load_report needs for them.
void use_references(LoadOptions& load, const BaselineArguments& arguments,
                    const BaselineReferences& references);

// Holds the report's run against the baseline, when one was named.
Status compare_report(ReportData& data, const BaselineArguments& arguments,
                      const BaselineReferences& references);

}  // namespace tidemark
