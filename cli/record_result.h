// How a recording ended, what is said of it, and the exit code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/gate_file.h"
#include "core/analysis/suppressions.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "daemon/engine.h"
#include "report/format.h"

namespace tidemark {

struct RecordOutcome {
  std::string path;
  bool quiet = false;
  ReportFlags flags;
  std::vector<Gate> gates;
  std::vector<Suppression> suppressions;
  std::optional<int> wait_status;      // of the command; none = no command
  std::vector<std::string> unmatched;  // selectors that met nothing
  Status closed;                       // an error: data was lost
  EngineProgress progress;
  Nanoseconds elapsed{0};
};

// Prints the report and what else there is to say (stderr: stdout is the
// command's) and returns the exit code of design part 1.
int tell_outcome(const RecordOutcome& outcome);

}  // namespace tidemark
