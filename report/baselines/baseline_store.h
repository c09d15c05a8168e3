// A folder of baselines, one small file per accepted run, to be kept under
// version control:
//
//   SCENARIO/TESTBED/BRANCH/20261121T101500Z_COMMIT_RUN.json
//
// Nothing but the files is kept: no index, so branches merge without conflict.
#pragma once

#include <string>
#include <vector>

#include "core/analysis/compare/baseline.h"
#include "core/base/result.h"

namespace tidemark {

struct StoredBaseline {
  std::string path;
  Baseline baseline;
};

struct BaselineFolder {
  std::vector<StoredBaseline> all;  // oldest first
  std::vector<Error> unreadable;    // files that are no baseline, and why
};

// Relative to the store; each part is safe as a file's name.
std::string baseline_path(const Baseline& baseline);

// Every *.json below. A folder that does not exist is empty. Error: io.
Result<BaselineFolder> read_baselines(const std::string& folder);
// Error: as baseline_from_json, with the file's name; not_found, permission.
Result<Baseline> read_baseline(const std::string& path);
// Writes it where it belongs and returns the path; the same run again replaces
// its file. Errors: io, full, permission.
Result<std::string> save_baseline(const std::string& folder,
                                  const Baseline& baseline);

// Those of one scenario, of a branch unless that is "", in time order.
std::vector<StoredBaseline> baselines_of(const BaselineFolder& folder,
                                         const std::string& scenario,
                                         const std::string& branch);

// What a run is compared with: the last 20 of `history` since its last
// accepted level, of the runs on `testbed`; of all when none is on it.
std::vector<Baseline> reference_runs(const std::vector<StoredBaseline>& history,
                                     const Testbed& testbed);

}  // namespace tidemark
