// The gates that the run was held against.
#include <fmt/format.h>

#include "report/gate_lines.h"
#include "report/html/markup.h"
#include "report/html/sections.h"

namespace tidemark::html {
namespace {

Look look_of(GateStatus status) {
  switch (status) {
    case GateStatus::pass: return {"good", "✓", "Pass"};
    case GateStatus::warn: return {"warn", "!", "Warning"};
    case GateStatus::fail: return {"bad", "✗", "Fail"};
    case GateStatus::inconclusive: return {"open", "?", "Undecided"};
  }
  return {"open", "?", "Undecided"};
}

std::string name_of(const GateResult& gate) {
  std::string name = "<code>" + escape(gate.expr) + "</code>";
  if (!gate.label.empty()) {
    name = "<b>" + clipped(gate.label, 60) + "</b><br>" + name;
  }
  return name;
}

std::string or_none(const std::string& raw) {
  return or_absent(!raw.empty(), clipped(raw, 40));
}

}  // namespace

void add_gates(std::string& out, const ReportData& data) {
  if (data.gates.empty()) return;
  out +=
      "<section id=\"gates\" aria-labelledby=\"h-gates\">\n"
      "<h2 id=\"h-gates\">Gates</h2>\n<p class=\"quiet\">" +
      escape(gate_summary(data)) + "</p>\n";
  Table table(out, "Gates");
  table.head({"Gate", "Outcome", "Why", "Is", "Limit", "In", "Confidence", "n"},
             3);
  for (const GateResult& gate : data.gates) {
    table.row(
        {name_of(gate), pill(look_of(gate.status)), clipped(gate.reason, 160),
         or_none(gate.value_text), or_none(gate.limit_text),
         gate.phase.empty() ? "the run" : clipped(gate.phase, 40),
         or_absent(gate.confidence.has_value(),
                   fmt::format("{:.4g} %", gate.confidence.value_or(0) * 100)),
         std::to_string(gate.n)});
  }
  table.end();
  out += "</section>\n";
}

}  // namespace tidemark::html
