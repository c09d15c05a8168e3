// Runs as the user names them: recordings, baseline files, folders of either,
// or the name of a scenario in the baseline store.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "core/analysis/compare/comparison.h"
#include "report/baselines/baseline_store.h"

namespace tidemark {

struct StoreArguments {
  std::string folder = "baselines";
  std::string branch;  // "" = every branch
};
// --store alone, whose twin is TIDEMARK_BASELINES: for a command whose --branch
// means something else.
void add_store_option(CLI::App& app, std::string& folder);
// --store and --branch.
void add_store_options(CLI::App& app, StoreArguments& arguments);

struct NamedRuns {
  std::string name;            // as given
  std::vector<Baseline> runs;  // oldest first
  // What came before the runs and with them, when they are of the store.
  std::vector<Baseline> history;
};

// `testbed`: of the runs that they are to be compared with; empty = any.
// Errors: not_found, with the nearest scenario; as load_report and
// read_baseline.
Result<NamedRuns> find_runs(const std::vector<std::string>& names,
                            const StoreArguments& store,
                            const Testbed& testbed = {});

// The store, with a line on stderr for each file that is no baseline.
Result<BaselineFolder> open_store(std::string_view command,
                                  const StoreArguments& store);

}  // namespace tidemark
