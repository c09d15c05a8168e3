#include "core/analysis/phase_ordinals.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>

#include "core/model/time_slices.h"

namespace tidemark {
namespace {

using Cohorts = std::map<uint32_t, const std::string*>;  // and their paths

Cohorts cohorts_of(const std::vector<SiteRow>& rows) {
  Cohorts cohorts;
  for (const SiteRow& row : rows) {
    const uint32_t cohort = row.subject->cohort;
    if (cohort == 0 || is_time_slice(cohort)) continue;
    cohorts.emplace(cohort, &row.subject->name);
  }
  return cohorts;
}

std::optional<BootTime> first_seen(const SiteSeries& series) {
  std::optional<BootTime> first;
  for (const PackedSeries* each : {&series.live_bytes, &series.live_count}) {
    if (each->empty()) continue;
    first = std::min(first.value_or(BootTime::max()), each->first().time);
  }
  return first;
}

// The phase of this path that began last before `time`.
std::optional<size_t> latest_of(const std::vector<Phase>& phases,
                                const std::string& path, BootTime time) {
  for (size_t i = phases.size(); i-- > 0;) {
    if (phases[i].begin < time && phases[i].path == path) return i;
  }
  return std::nullopt;
}

// How many phases the recorder had counted before the first one here, as most
// sites that were first seen after `begin` have it.
std::optional<int64_t> most_say(const std::vector<Phase>& phases,
                                BootTime begin,
                                const std::vector<SiteRow>& rows) {
  std::map<int64_t, size_t> votes;
  for (const SiteRow& row : rows) {
    const uint32_t cohort = row.subject->cohort;
    if (cohort == 0 || is_time_slice(cohort)) continue;
    const auto seen = first_seen(*row.series);
    if (!seen || *seen <= begin) continue;
    const auto at = latest_of(phases, row.subject->name, *seen);
    if (!at || phases[*at].begin <= begin) continue;
    ++votes[int64_t{cohort} - static_cast<int64_t>(*at) - 1];
  }
  std::optional<int64_t> most;
  for (const auto& [before, count] : votes) {
    const bool is_better =
        !most || count > votes[*most] ||
        (count == votes[*most] && std::abs(before) < std::abs(*most));
    if (is_better) most = before;
  }
  return most;
}

// Phases that were open at the begin, innermost last: the latest cohorts of
// their paths among those counted before.
void match_open(const std::vector<Phase>& phases, size_t open, uint32_t counted,
                const Cohorts& cohorts, std::vector<uint32_t>& of_phase) {
  auto end = cohorts.upper_bound(counted);
  for (size_t i = open; i-- > 0;) {
    for (auto at = end; at != cohorts.begin();) {
      --at;
      if (*at->second != phases[i].path) continue;
      of_phase[i] = at->first;
      end = at;
      break;
    }
  }
}

}  // namespace

PhaseOrdinals phase_ordinals(const std::vector<Phase>& phases, BootTime begin,
                             const std::vector<SiteRow>& rows) {
  PhaseOrdinals result;
  result.of_phase.resize(phases.size());
  std::iota(result.of_phase.begin(), result.of_phase.end(), 1u);
  const Cohorts cohorts = cohorts_of(rows);
  const auto open = static_cast<size_t>(std::ranges::count_if(
      phases, [&](const Phase& phase) { return phase.begin <= begin; }));
  int64_t before = most_say(phases, begin, rows).value_or(0);
  if (open == phases.size() && !cohorts.empty()) {
    before = int64_t{cohorts.rbegin()->first} - static_cast<int64_t>(open);
  }
  if (before <= 0) return result;
  result.is_part = true;
  const auto shift = static_cast<uint32_t>(before);
  for (size_t i = 0; i < phases.size(); ++i) {
    result.of_phase[i] = i < open ? 0 : static_cast<uint32_t>(i) + 1 + shift;
  }
  const uint32_t counted = static_cast<uint32_t>(open) + shift;
  match_open(phases, open, counted, cohorts, result.of_phase);
  const std::set<uint32_t> here(result.of_phase.begin(), result.of_phase.end());
  for (const auto& [cohort, path] : cohorts) {
    if (cohort <= counted && !here.contains(cohort)) {
      result.before.push_back(cohort);
    }
  }
  return result;
}

}  // namespace tidemark
