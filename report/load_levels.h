// What phases under different load cost: the same role, more operations per
// second.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/scaling.h"
#include "report/report_data.h"

namespace tidemark {

struct LoadLevel {
  std::string phase;                    // with its cycle
  double per_second = 0;                // operations
  double users = 0;                     // of "level-20"; 0: not known
  double cpu_ratio = 0;                 // of the role, in cores
  double memory_bytes = 0, p95_ns = 0;  // 0: not known
};

struct LoadLevels {
  std::string role, op;
  std::vector<LoadLevel> points;  // least load first
  // The first level from which an operation costs a quarter more CPU, or lasts
  // twice as long, than at the least load; absent when none does.
  std::optional<size_t> knee;
  std::string sentence;  // raw names in it
  // Over the levels of concurrency, when three or more are known.
  std::optional<Scaling> scaling;
  std::optional<double> knee_users;  // more than these bring little
  std::string scaling_sentence;
};

// Empty unless the busiest role saw loads that differ by a fifth at least.
LoadLevels load_levels(const ReportData& data);

}  // namespace tidemark
