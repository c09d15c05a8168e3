#include "report/baselines/compared_runs.h"

#include "report/baselines/comparison_text.h"

namespace tidemark {

Status compare_report(ReportData& data, std::string reference,
                      std::vector<Baseline> before,
                      std::vector<Baseline> history,
                      const ComparisonOptions& options) {
  if (data.figures == nullptr) {
    return fail(ErrorKind::usage,
                "a report of several hosts is not compared: compare the "
                "recording of each");
  }
  const auto compared = std::make_shared<ComparedRuns>();
  compared->reference = std::move(reference);
  compared->before = std::move(before);
  compared->history = std::move(history);
  compared->after = {*data.figures};
  TIDEMARK_TRY(compared->comparison,
               compare_runs(compared->before, compared->after, options,
                            compared->history));
  std::vector<Baseline> all = compared->history;
  all.push_back(*data.figures);
  compared->trends = trends_of(all);
  data.compared = compared;
  const bool fails = compared_exit_code(data) != 0;
  const bool warns = compared->comparison.outcome() >= Outcome::maybe_worse;
  if (fails) {
    data.status = ReportStatus::fail;
  } else if (warns && data.status != ReportStatus::fail) {
    data.status = ReportStatus::warn;
  }
  return {};
}

int compared_exit_code(const ReportData& data) {
  if (data.compared == nullptr) return 0;
  return comparison_exit_code(data.compared->comparison, Severity::minor,
                              false);
}

}  // namespace tidemark
