#include "core/analysis/gate_scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "core/base/text.h"

namespace tidemark {
namespace {

using Wanted = std::function<bool(const Phase&)>;

std::vector<Span> spans_of(const RunSummary& summary, const Wanted& wanted) {
  std::vector<Span> spans;
  for (const PhaseUse& use : summary.phases) {
    const Phase& phase = use.phase;
    if (!wanted(phase)) continue;
    spans.push_back({phase.begin, phase.end_in(summary.end)});
  }
  std::ranges::sort(spans, {}, &Span::from);
  return spans;
}

std::string unknown_phase(const std::string& glob, const RunSummary& summary) {
  std::set<std::string_view> paths;
  for (const PhaseUse& use : summary.phases) paths.insert(use.phase.path);
  const std::vector<std::string_view> names(paths.begin(), paths.end());
  return unknown_message("phase", glob, names);
}

std::vector<Span> measured(const RunSummary& summary) {
  std::vector<Span> spans = spans_of(summary, [](const Phase& phase) {
    return phase.kind == PhaseKind::load || phase.kind == PhaseKind::steady;
  });
  if (!spans.empty()) return spans;
  return {{summary.begin + (summary.end - summary.begin) / 3, summary.end}};
}

std::vector<Span> repeated(const RunSummary& summary) {
  std::vector<Span> spans = spans_of(summary, [](const Phase& phase) {
    return phase.kind == PhaseKind::cooldown;
  });
  if (spans.size() > 1) return spans;
  std::set<std::string> paths;
  for (const PhaseUse& use : summary.phases) {
    if (use.phase.cycle > 1) paths.insert(use.phase.path);
  }
  return spans_of(
      summary, [&](const Phase& phase) { return paths.contains(phase.path); });
}

std::vector<Span> joined(const std::vector<Span>& spans) {
  std::vector<Span> result;
  for (const Span& span : spans) {
    if (span.empty()) continue;
    if (!result.empty() && span.from <= result.back().to) {
      result.back().to = std::max(result.back().to, span.to);
    } else {
      result.push_back(span);
    }
  }
  return result;
}

void cut(std::vector<Span>& spans, const GateExpr& gate) {
  for (Span& span : spans) span.from += std::min(gate.after, span.length());
  if (gate.value.over.count() > 0 && !spans.empty()) {
    const BootTime from = spans.back().to - gate.value.over;
    for (Span& span : spans) span.from = std::max(span.from, from);
  }
  std::erase_if(spans, [](const Span& span) { return span.empty(); });
}

}  // namespace

double seconds_of(const std::vector<Span>& spans) {
  double sum = 0;
  for (const Span& span : spans) sum += to_seconds(span.length());
  return sum;
}

bool gate_path_matches(std::string_view glob, std::string_view path) {
  if (glob_match(glob, path)) return true;
  for (size_t at = path.find('/'); at != path.npos;
       at = path.find('/', at + 1)) {
    if (glob_match(glob, path.substr(at + 1))) return true;
  }
  return false;
}

bool gate_phase_matches(const std::string& glob, const Phase& phase) {
  return gate_path_matches(glob, phase.path) ||
         gate_path_matches(glob, phase.label(true));
}

GateScope gate_scope(const GateExpr& gate, const RunSummary& summary) {
  GateScope scope;
  const GateValue& value = gate.value;
  const bool each = value.function == GateFunction::retained;
  if (!value.during.empty()) {
    scope.spans = spans_of(summary, [&](const Phase& phase) {
      return gate_phase_matches(value.during, phase);
    });
    if (scope.spans.empty()) {
      scope.missing = unknown_phase(value.during, summary);
      return scope;
    }
  } else if (value.function == GateFunction::slope) {
    scope.spans = measured(summary);
  } else if (each) {
    scope.spans = repeated(summary);
    if (scope.spans.empty()) scope.missing = "no phase repeats";
  } else {
    scope.spans = {{summary.begin, summary.end}};
  }
  if (!each) scope.spans = joined(scope.spans);
  cut(scope.spans, gate);
  if (scope.spans.empty() && scope.missing.empty()) {
    scope.missing = "nothing is left of the time it is about";
  }
  return scope;
}

}  // namespace tidemark
