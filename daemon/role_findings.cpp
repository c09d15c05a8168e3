#include "daemon/role_findings.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr SeriesKind kGauge = SeriesKind::gauge;
constexpr double kMinute = 60;

// Which of two says more about a role.
int weight(Verdict verdict) {
  switch (verdict) {
    case Verdict::leak: return 4;
    case Verdict::suspect: return 3;
    case Verdict::inconclusive: return 2;
    case Verdict::saturating:
    case Verdict::step:
    case Verdict::startup: return 1;
    case Verdict::none: return 0;
  }
  return 0;
}

void add(RoleFinding& sum, const Finding& finding) {
  if (weight(finding.verdict) > weight(sum.verdict)) {
    sum.verdict = finding.verdict;
  }
  if (weight(finding.verdict) >= weight(Verdict::suspect)) {
    sum.growth_per_second += finding.slope_per_minute.value / kMinute;
  }
  sum.detectable_per_second =
      std::max(sum.detectable_per_second,
               finding.min_detectable_per_minute / kMinute);
}

// One family for bytes and one for pieces, as units are in names.
void put_rates(const RoleFindings& found, double RoleFinding::* rate,
               std::string_view bytes, std::string_view pieces,
               std::string_view help, MetricPage& page) {
  for (const bool in_bytes : {true, false}) {
    SeriesFamily family{in_bytes ? bytes : pieces, help, kGauge, {}};
    for (const RoleFinding& each : found.findings) {
      if (is_bytes(each.resource) != in_bytes) continue;
      family.add({{"role", sanitize_log(each.role)},
                  {"resource", resource_name(each.resource)}},
                 each.*rate);
    }
    page.push_back(std::move(family));
  }
}

}  // namespace

RoleFindings findings_by_role(std::span<const Finding> findings,
                              const Dictionary& dictionary, BootTime time) {
  RoleFindings found{time, {}};
  std::map<std::pair<std::string, Resource>, RoleFinding> sums;
  std::set<std::string> roles;
  for (const Finding& finding : findings) {
    const Subject* subject = dictionary.subject(finding.subject);
    if (subject == nullptr || subject->role.empty()) continue;
    if (!roles.contains(subject->role) &&
        roles.size() >= RoleFindings::kMostRoles) {
      continue;
    }
    roles.insert(subject->role);
    RoleFinding& sum = sums[{subject->role, finding.resource}];
    sum.role = subject->role;
    sum.resource = finding.resource;
    add(sum, finding);
  }
  for (auto& [key, sum] : sums) found.findings.push_back(std::move(sum));
  return found;
}

void put_findings(const RoleFindings& found, int64_t boot_unix_ns,
                  MetricPage& page) {
  if (found.time == BootTime()) return;
  SeriesFamily verdicts{"tidemark_leak_verdict_info",
                        "The worst verdict on a resource of the role's "
                        "processes, over the recording's present part.",
                        kGauge,
                        {}};
  for (const RoleFinding& each : found.findings) {
    verdicts.add({{"role", sanitize_log(each.role)},
                  {"resource", resource_name(each.resource)},
                  {"verdict", verdict_name(each.verdict)}},
                 1);
  }
  page.push_back(std::move(verdicts));
  put_rates(found, &RoleFinding::growth_per_second,
            "tidemark_leak_growth_bytes_per_second",
            "tidemark_leak_growth_per_second",
            "How fast what leaks, or may, grows; 0: nothing does.", page);
  put_rates(found, &RoleFinding::detectable_per_second,
            "tidemark_leak_detectable_bytes_per_second",
            "tidemark_leak_detectable_per_second",
            "The least growth that would have been seen.", page);
  SeriesFamily judged{"tidemark_findings_timestamp_seconds",
                      "The instant up to which was judged.",
                      kGauge,
                      {}};
  judged.add({}, static_cast<double>(boot_unix_ns + to_ns(found.time)) * 1e-9);
  page.push_back(std::move(judged));
}

}  // namespace tidemark
