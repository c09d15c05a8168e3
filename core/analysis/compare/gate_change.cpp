#include "core/analysis/compare/gate_change.h"

#include <cmath>
#include <map>

#include "core/base/order_statistics.h"

namespace tidemark {

Changes gate_changes(const GateValue& value, const Baseline& run,
                     std::span<const Baseline* const> reference,
                     const std::string& name) {
  Changes changes;
  const KeptValues now = kept_values(run, value);
  changes.n = now.n;
  if (now.by_subject.empty()) {
    changes.missing = "this run: " + now.missing;
    return changes;
  }
  std::map<std::string, std::vector<double>> before;
  for (const Baseline* each : reference) {
    const KeptValues kept = kept_values(*each, value);
    if (kept.by_subject.empty()) changes.missing = name + ": " + kept.missing;
    for (const auto& [subject, amount] : kept.by_subject) {
      before[subject].push_back(amount);
    }
  }
  if (before.empty()) return changes;
  for (const auto& [subject, amount] : now.by_subject) {
    const auto was = before.find(subject);
    if (was == before.end()) continue;
    const double level = *median(was->second);
    if (level == 0 && amount == 0) {
      changes.all.push_back({subject, 0});
    } else if (level == 0) {
      changes.missing = name + ": it was 0, which has no percentage";
    } else {
      changes.all.push_back({subject, (amount - level) / std::abs(level)});
    }
  }
  if (changes.all.empty() && changes.missing.empty()) {
    changes.missing = name + ": none of this run's roles is in it";
  }
  return changes;
}

}  // namespace tidemark
