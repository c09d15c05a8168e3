// change(value) vs reference: by how much a gate's value differs from what it
// was in earlier runs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/analysis/compare/kept_value.h"

namespace tidemark {

struct Change {
  std::string subject;  // a role; "" = all clients, or the host
  double share = 0;     // 0.1: 10 % more than the median of the runs
};

struct Changes {
  std::vector<Change> all;  // of the subjects that both sides have
  int64_t n = 0;            // samples behind this run's values
  std::string missing;      // why there is none
};

// `name` of the reference is for `missing`. A subject whose value was 0 and is
// not has no share: missing says so.
Changes gate_changes(const GateValue& value, const Baseline& run,
                     std::span<const Baseline* const> reference,
                     const std::string& name);

}  // namespace tidemark
