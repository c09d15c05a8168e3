// A gate's value, read from what a baseline keeps instead of a recording: for
// change(value) both sides are read so, and mean the same.
#pragma once

#include <map>
#include <string>

#include "core/analysis/compare/baseline.h"
#include "core/analysis/gate_expr.h"

namespace tidemark {

struct KeptValues {
  std::map<std::string, double> by_subject;  // roles; "" = all clients
  int64_t n = 0;                             // samples or calls behind them
  std::string missing;                       // why there is none
};

KeptValues kept_values(const Baseline& run, const GateValue& value);

}  // namespace tidemark
