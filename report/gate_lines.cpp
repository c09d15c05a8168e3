#include "report/gate_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/analysis/gates.h"

namespace tidemark {
namespace {

ReportStatus report_status(GateStatus status) {
  switch (status) {
    case GateStatus::pass: return ReportStatus::pass;
    case GateStatus::warn: return ReportStatus::warn;
    case GateStatus::fail: return ReportStatus::fail;
    case GateStatus::inconclusive: return ReportStatus::inconclusive;
  }
  return ReportStatus::inconclusive;
}

// A warning is told whatever else is open.
int rank(ReportStatus status) {
  switch (status) {
    case ReportStatus::pass: return 0;
    case ReportStatus::inconclusive: return 1;
    case ReportStatus::warn: return 2;
    case ReportStatus::fail: return 3;
  }
  return 0;
}

}  // namespace

const char* gate_sign(GateStatus status) {
  switch (status) {
    case GateStatus::pass: return "✓";
    case GateStatus::warn: return "!";
    case GateStatus::fail: return "✗";
    case GateStatus::inconclusive: return "?";
  }
  return "?";
}

std::string gate_line(const GateResult& gate) {
  // Written with the gate, the label stands in its text already.
  const bool is_said =
      gate.label.empty() || gate.expr.starts_with(gate.label + ":");
  std::string line = is_said ? "" : gate.label + ": ";
  line += gate.expr;
  if (!gate.value_text.empty()) line += " is " + gate.value_text;
  line += " · " + gate.reason;
  if (gate.confidence && !gate.words) {
    line += fmt::format(", {:.4g} %", *gate.confidence * 100);
  }
  if (gate.n > 0) line += fmt::format(" (n = {})", gate.n);
  return line;
}

int count_gates(const ReportData& data, GateStatus status) {
  return static_cast<int>(
      std::ranges::count(data.gates, status, &GateResult::status));
}

std::string gate_summary(const ReportData& data) {
  if (data.gates.empty()) return "";
  const size_t n = data.gates.size();
  std::string text = fmt::format("{} {}", n, n == 1 ? "gate" : "gates");
  const char* between = ": ";
  const auto add = [&](GateStatus status, const char* word) {
    const int count = count_gates(data, status);
    if (count == 0) return;
    text += fmt::format("{}{} {}", between, count, word);
    between = ", ";
  };
  add(GateStatus::pass, "passed");
  add(GateStatus::warn, "passed with a warning");
  add(GateStatus::fail, "failed");
  add(GateStatus::inconclusive, "undecided");
  if (data.score) text += fmt::format("; score {:.0f} %", *data.score);
  return text;
}

void add_gates(ReportData& data, std::vector<GateResult> results) {
  data.gates = std::move(results);
  data.score = gate_score(data.gates);
  for (const GateResult& gate : data.gates) {
    const ReportStatus status = report_status(gate.status);
    if (rank(status) > rank(data.status)) data.status = status;
  }
}

}  // namespace tidemark
