// `tidemark record`: one recording from its first frame to its report.
#pragma once

#include <string>
#include <vector>

#include "cli/doors/doors.h"
#include "core/analysis/gate_file.h"
#include "core/analysis/suppressions.h"
#include "daemon/options.h"
#include "report/format.h"

namespace tidemark {

struct RecordRequest {
  Options options;
  // TIDEMARK_SOCKET came from the environment: we are to be met there, unless
  // another recorder already is (a `record` inside of a `record`).
  bool socket_inherited = false;
  ReportFlags flags;        // what the exit code counts
  std::vector<Gate> gates;  // that the run is held against
  std::vector<Suppression> suppressions;
  bool until_decided = false;  // and ends when each is decided
  Nanoseconds judge_every = std::chrono::seconds(30);
  DoorSettings doors;                // other ways in for marks
  std::vector<std::string> command;  // empty: until a signal or --for
};

// Does it all and returns the exit code (design part 1). Errors are printed.
int run_record(const RecordRequest& request);

}  // namespace tidemark
