// The recordings that the tests of tests/report read.
#pragma once

#include <string>

#include "tests/unit/report/recorded_run.h"

namespace tidemark::synthetic {

// A run as `make demo` has it: a server that leaks in one place, a cache that
// does not, operations, spans, notes, what the host and Tidemark itself used.
struct DemoRun {
  explicit DemoRun(int cycles = 8);
  SiteSoak soak;
  double seconds = 0;
};

// A short run with one text in every place that a program, a user or a host
// can name.
struct NamedRun {
  explicit NamedRun(const std::string& name);
  RunModel run;
  RecordingInfo info;
  double seconds = 0;
};

// Gates with that text in all of their words, one of each outcome.
std::vector<GateResult> named_gates(const std::string& name);

}  // namespace tidemark::synthetic
