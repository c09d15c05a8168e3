// Gates that no run can pass together.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/analysis/gate_file.h"

namespace tidemark {
namespace {

// What two gates must have in common to speak of one value.
std::string value_key(const GateExpr& gate) {
  const GateValue& value = gate.value;
  std::string key = fmt::format(
      "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", static_cast<int>(value.function),
      value.quantile, value.target,
      value.resource.has_value() ? static_cast<int>(*value.resource) : -1,
      static_cast<int>(value.per), value.op, value.during, value.across_cycles,
      value.over.count(), gate.is_change, gate.reference, gate.after.count());
  for (const GateMetric& metric : value.metrics) {
    key += "|" + metric.name;
    for (const GateMatch& match : metric.selector) {
      key += fmt::format("{{{}{}{}}}", match.key, static_cast<int>(match.op),
                         match.value);
    }
  }
  return key;
}

bool is_upper(const GateExpr& gate) {
  return gate.compare == GateCompare::less ||
         gate.compare == GateCompare::less_equal;
}

bool is_lower(const GateExpr& gate) {
  return gate.compare == GateCompare::greater ||
         gate.compare == GateCompare::greater_equal;
}

// Nothing is below `upper` and above `lower`.
bool exclude(const GateExpr& upper, const GateExpr& lower) {
  const double most = upper.limit.value;
  const double least = lower.limit.value;
  const bool both_reach = upper.compare == GateCompare::less_equal &&
                          lower.compare == GateCompare::greater_equal;
  return both_reach ? most < least : most <= least;
}

bool contradict(const GateExpr& a, const GateExpr& b) {
  if (is_upper(a) && is_lower(b)) return exclude(a, b);
  if (is_lower(a) && is_upper(b)) return exclude(b, a);
  if (a.compare != GateCompare::in || b.compare != GateCompare::in) {
    return false;
  }
  const auto passes = [](const GateExpr& gate, Verdict verdict) {
    return std::ranges::find(gate.verdicts, verdict) != gate.verdicts.end() ||
           std::ranges::find(gate.warn_verdicts, verdict) !=
               gate.warn_verdicts.end();
  };
  return std::ranges::none_of(
      a.verdicts, [&](Verdict verdict) { return passes(b, verdict); });
}

}  // namespace

Status check_contradictions(std::span<const Gate> gates) {
  std::multimap<std::string, const Gate*> seen;
  for (const Gate& gate : gates) {
    const std::string key = value_key(gate.expr);
    const auto [begin, end] = seen.equal_range(key);
    for (auto other = begin; other != end; ++other) {
      if (!contradict(gate.expr, other->second->expr)) continue;
      return fail(ErrorKind::usage,
                  fmt::format("{}: gate '{}' contradicts '{}' of {}: no run "
                              "can pass both",
                              gate.origin, gate.expr.text,
                              other->second->expr.text, other->second->origin));
    }
    seen.emplace(key, &gate);
  }
  return {};
}

}  // namespace tidemark
