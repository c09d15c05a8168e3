// A plan's gates against the plan itself.
#include <fmt/format.h>

#include <algorithm>

#include "core/analysis/gate_scope.h"
#include "core/analysis/plan.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

// Every phase that will be, as the recording will know it.
std::vector<Phase> phases_of(const Plan& plan) {
  std::vector<Phase> all;
  const auto add = [&](std::string path) {
    Phase& phase = all.emplace_back();
    phase.path = std::move(path);
  };
  for (const PlanPhase& phase : plan.phases) {
    add(phase.name);
    for (const int64_t level : phase.levels) {
      add(fmt::format("{}/level-{}", phase.name, level));
    }
    if (phase.rest.count() > 0) add(phase.name + "-rest");
  }
  return all;
}

Status check_during(const Gate& gate, const std::vector<Phase>& phases) {
  // A cycle's number is not known before.
  std::string glob = gate.expr.value.during;
  glob = glob.substr(0, glob.rfind('#'));
  if (glob.empty()) return {};
  std::vector<std::string_view> names;
  for (const Phase& phase : phases) {
    if (gate_phase_matches(glob, phase)) return {};
    names.push_back(phase.path);
  }
  auto wrong = gate_error(gate.expr.text, gate.expr.value.during_at,
                          unknown_message("phase", glob, names));
  return raise(std::move(wrong).error(), gate.origin);
}

bool is_known(const std::string& glob, GateMatch::Op op,
              const std::vector<std::string_view>& roles) {
  return std::ranges::any_of(roles, [&](std::string_view role) {
    return op == GateMatch::Op::like ? glob_match(glob, role) : glob == role;
  });
}

Status check_roles(const Gate& gate,
                   const std::vector<std::string_view>& roles) {
  const GateValue& value = gate.expr.value;
  if (value.function == GateFunction::leak &&
      !is_known(value.target, GateMatch::Op::like, roles)) {
    auto wrong = gate_error(gate.expr.text, value.at,
                            unknown_message("target", value.target, roles));
    return raise(std::move(wrong).error(), gate.origin);
  }
  for (const GateMetric& metric : value.metrics) {
    for (const GateMatch& match : metric.selector) {
      const bool chooses =
          match.op == GateMatch::Op::equal || match.op == GateMatch::Op::like;
      if (match.key != "role" || !chooses) continue;
      if (is_known(match.value, match.op, roles)) continue;
      auto wrong = gate_error(gate.expr.text, match.at,
                              unknown_message("role", match.value, roles));
      return raise(std::move(wrong).error(), gate.origin);
    }
  }
  return {};
}

}  // namespace

Status check_plan_gates(const Plan& plan, const std::vector<Gate>& gates) {
  const std::vector<Phase> phases = phases_of(plan);
  std::vector<std::string_view> roles;
  const auto add = [&](const std::vector<std::string>& command) {
    if (command.empty()) return;
    const std::string_view program = command.front();
    roles.push_back(program.substr(program.rfind('/') + 1));
  };
  for (const PlanTarget& target : plan.targets) {
    roles.push_back(target.name);
    add(target.command);
  }
  roles.emplace_back(kLoadRole);
  for (const PlanPhase& phase : plan.phases) add(phase.command);
  roles.insert(roles.end(), plan.roles.begin(), plan.roles.end());
  for (const Gate& gate : gates) {
    TIDEMARK_CHECK(check_during(gate, phases));
    TIDEMARK_CHECK(check_roles(gate, roles));
  }
  return check_contradictions(gates);
}

}  // namespace tidemark
