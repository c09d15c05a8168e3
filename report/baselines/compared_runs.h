// A report's run held against a baseline: what the formats show of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/analysis/compare/comparison.h"
#include "core/analysis/compare/trends.h"
#include "report/report_data.h"

namespace tidemark {

struct ComparedRuns {
  std::string reference;  // what the user calls it
  std::vector<Baseline> before, after, history;
  Comparison comparison;            // its runs are the ones above
  std::vector<FigureTrend> trends;  // of the history and this run
};

// Holds the run of the report (ReportData::figures, which must be there)
// against `before` and sets ReportData::compared and the status. Errors: as
// compare_runs.
Status compare_report(ReportData& data, std::string reference,
                      std::vector<Baseline> before,
                      std::vector<Baseline> history,
                      const ComparisonOptions& options = {});

// 21 when it is worse for certain, else 0.
int compared_exit_code(const ReportData& data);

}  // namespace tidemark
