// Exit codes of a report: design part 1, highest wins.
#include "report/baselines/compared_runs.h"
#include "report/gate_lines.h"
#include "report/report.h"

namespace tidemark {
namespace {

constexpr int kExitWarnings = 10;
constexpr int kExitInconclusive = 11;
constexpr int kExitSuspect = 12;
constexpr int kExitGateFailed = 20;
constexpr int kExitLeak = 22;
constexpr int kExitAborted = 30;
constexpr int kExitDataLoss = 70;

}  // namespace

int exit_code(const ReportData& data, const ReportFlags& flags) {
  const VerdictCounts& counts = data.counts;
  if (data.lost_data()) return kExitDataLoss;
  if (data.command_signal || !data.aborted.empty()) return kExitAborted;
  if (counts.leak > 0) return kExitLeak;
  if (const int code = compared_exit_code(data); code != 0) return code;
  if (count_gates(data, GateStatus::fail) > 0) return kExitGateFailed;
  if (flags.strict && counts.suspect > 0) return kExitSuspect;
  const bool undecided = counts.inconclusive > 0 || counts.total() == 0;
  if (flags.strict && undecided) return kExitInconclusive;
  const bool gate_undecided = count_gates(data, GateStatus::inconclusive) > 0;
  if ((flags.strict || flags.ci) && gate_undecided) return kExitInconclusive;
  const bool warned = data.status == ReportStatus::warn;
  if (flags.warnings_as_errors && warned) return kExitWarnings;
  return 0;
}

int exit_code_of_command(const ReportData& data, const ReportFlags& flags) {
  const int code = exit_code(data, flags);
  const int own = data.command_exit_code.value_or(0);
  return code < kExitGateFailed && own != 0 ? own : code;
}

}  // namespace tidemark
