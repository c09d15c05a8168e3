#include "core/analysis/cohort_phases.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "core/analysis/phase_ordinals.h"
#include "core/model/time_slices.h"

namespace tidemark {
namespace {

// The sample that answers an edge comes within this time.
constexpr Nanoseconds kEdgeLag = std::chrono::milliseconds(50);

bool may_join(const CohortPhase& a, const CohortPhase& b) {
  return a.startup == b.startup && a.teardown == b.teardown;
}

void join(CohortPhase& to, CohortPhase&& next) {
  to.ordinals.insert(to.ordinals.end(), next.ordinals.begin(),
                     next.ordinals.end());
  to.end = next.end;
  to.counted = next.counted;
  to.ops += next.ops;
  to.minutes += next.minutes;
  to.measured |= next.measured;
}

bool has_path(const std::string& label, const std::string& path) {
  return label.starts_with(path) &&
         (label.size() == path.size() || label[path.size()] == '#');
}

// What comes before the first measured phase.
void mark_startup(std::vector<CohortPhase>& phases) {
  bool before = true;
  for (CohortPhase& phase : phases) {
    before = before && !phase.measured;
    phase.startup = before;
  }
}

// What a process takes at first is its start-up.
constexpr Nanoseconds kStartUp = std::chrono::seconds(10);
// A slice is told by the tick after its begin.
constexpr Nanoseconds kSliceLag = std::chrono::seconds(2);

// When the first reading of a site came.
BootTime first_reading(const SiteSeries& series) {
  const auto count = series.live_count.unpack();
  const auto bytes = series.live_bytes.unpack();
  BootTime first = BootTime::max();
  if (!count.empty()) first = std::min(first, count.front().time);
  if (!bytes.empty()) first = std::min(first, bytes.front().time);
  return first;
}

bool has_slices(const std::vector<SiteRow>& rows) {
  return std::ranges::any_of(rows, [](const SiteRow& row) {
    return is_time_slice(row.subject->cohort);
  });
}

// Slices are counted from the recorder's first frame. A recording that begins
// later, a part of a longer one, shows sites before their slice would begin.
bool counts_from(BootTime begin, const std::vector<SiteRow>& rows) {
  return std::ranges::all_of(rows, [begin](const SiteRow& row) {
    const uint32_t cohort = row.subject->cohort;
    return !is_time_slice(cohort) ||
           first_reading(*row.series) >=
               begin + time_slice(cohort).begin - kSliceLag;
  });
}

std::vector<CohortPhase> slices_of(const RunReadings& run, Span life,
                                   const OpsTable::Primary& primary,
                                   const std::vector<SiteRow>& rows) {
  std::vector<CohortPhase> slices;
  if (!has_slices(rows) || !counts_from(run.run.from, rows)) return slices;
  const BootTime steady = std::max(life.from + kStartUp, run.plan.warmup_end);
  const uint32_t last = time_slice_at(run.run.to - run.run.from);
  for (uint32_t cohort = kFirstTimeSlice; cohort <= last; ++cohort) {
    const TimeSlice slice = time_slice(cohort);
    const Span whole{run.run.from + slice.begin, run.run.from + slice.end};
    const Span span = overlap(whole, overlap(life, run.run));
    if (span.to <= span.from) continue;
    CohortPhase& one = slices.emplace_back();
    one.label = time_slice_label(cohort);
    one.ordinals = {cohort};
    one.begin = span.from;
    one.end = span.to;
    one.measured = whole.from >= steady;
    one.ops = primary.curve ? primary.curve->growth(span) : 0;
    one.minutes = one.measured ? to_minutes(span.to - span.from) : 0;
  }
  return slices;
}

void add_outside(std::vector<CohortPhase>& phases, BootTime first) {
  CohortPhase outside;
  outside.end = first;
  phases.insert(phases.begin(), outside);
  mark_startup(phases);
  constexpr Nanoseconds kJustBefore{1};
  for (size_t p = 0; p < phases.size(); ++p) {
    const bool is_torn_down = p + 1 < phases.size() && phases[p + 1].teardown;
    phases[p].counted =
        phases[p].end + (is_torn_down ? -kJustBefore : kEdgeLag);
  }
}

}  // namespace

bool are_time_slices(const std::vector<CohortPhase>& phases) {
  return !phases.empty() && !phases.back().ordinals.empty() &&
         is_time_slice(phases.back().ordinals.front());
}

SiteIndex index_sites(const SiteStore& store, const Dictionary& dictionary) {
  SiteIndex index;
  for (const auto& [id, series] : store.sites()) {
    const Subject* subject = dictionary.subject(id);
    if (subject == nullptr || !subject->owner.valid()) continue;
    index[subject->owner].push_back({subject, &series});
  }
  return index;
}

std::vector<CohortPhase> cohort_phases(const RunReadings& run, Span life,
                                       const OpsTable::Primary& primary,
                                       const std::vector<SiteRow>& rows) {
  if (!run.is_marked) {
    std::vector<CohortPhase> slices = slices_of(run, life, primary, rows);
    if (!slices.empty()) {
      add_outside(slices, slices.front().begin);
      return slices;
    }
  }
  const PhaseOrdinals ordinals = phase_ordinals(run.phases, run.run.from, rows);
  std::set<uint32_t> born;
  for (const SiteRow& row : rows) born.insert(row.subject->cohort);
  std::set<size_t> wanted;
  for (size_t i = 0; i < run.phases.size(); ++i) {
    const uint32_t ordinal = ordinals.of_phase[i];
    const bool has_sites = ordinal > 0 && born.contains(ordinal);
    if (is_leaf(run.phases, i) || has_sites) wanted.insert(i);
  }
  const std::vector<size_t> measured = measured_phases(run, life);
  std::vector<CohortPhase> phases;
  BootTime first = life.to;
  BootTime before = BootTime::min();
  for (const size_t i : wanted) {
    const Phase& phase = run.phases[i];
    const Span span = overlap({phase.begin, phase.end_in(run.run.to)}, life);
    if (span.to < span.from) continue;
    CohortPhase& one = phases.emplace_back();
    one.label = phase.label(true);
    one.ordinals = {ordinals.of_phase[i]};
    one.kind = phase.kind;
    one.begin = span.from;
    one.end = span.to;
    one.measured = std::ranges::binary_search(measured, i);
    one.teardown = phase.kind == PhaseKind::teardown;
    one.ops = primary.curve ? primary.curve->growth(span) : 0;
    if (one.measured) {
      // Rates are of the wall clock: the cool-down before belongs to it.
      const bool is_first = before == BootTime::min();
      one.minutes = to_seconds(span.to - (is_first ? span.from : before)) / 60;
      before = span.to;
    }
    first = std::min(first, span.from);
  }
  std::ranges::stable_sort(phases, {}, &CohortPhase::end);
  add_outside(phases, first);
  phases.front().ordinals = ordinals.before;
  // Its cohort is whole, but what was done in it is only known in part.
  if (ordinals.is_part) measure_from(phases, run.run.from + Nanoseconds(1));
  return phases;
}

bool measure_from(std::vector<CohortPhase>& phases, BootTime from) {
  bool cut = false;
  for (CohortPhase& phase : phases) {
    if (!phase.measured || phase.begin >= from) continue;
    phase.measured = false;
    cut = true;
  }
  if (cut) mark_startup(phases);
  return cut;
}

std::vector<CohortPhase> join_phases(std::vector<CohortPhase> phases,
                                     size_t most) {
  if (phases.size() <= most) return phases;
  // Some blocks end early, where the load begins or the teardown.
  const size_t each = phases.size() / (most - 4) + 1;
  std::vector<CohortPhase> joined;
  for (size_t p = 0; p < phases.size(); ++p) {
    const bool fits = joined.size() > 1 &&
                      joined.back().ordinals.size() < each &&
                      may_join(joined.back(), phases[p]);
    if (fits) {
      join(joined.back(), std::move(phases[p]));
    } else {
      joined.push_back(std::move(phases[p]));
    }
  }
  return joined;
}

PhaseLookup::PhaseLookup(const std::vector<CohortPhase>& phases)
    : phases_(phases) {
  for (size_t p = 0; p < phases.size(); ++p) {
    for (const uint32_t ordinal : phases[p].ordinals) {
      by_ordinal_.emplace(ordinal, p);
    }
  }
}

size_t PhaseLookup::of(const Subject& site) const {
  if (site.cohort == 0) return 0;
  const auto found = by_ordinal_.find(site.cohort);
  const size_t at = found == by_ordinal_.end() ? 0 : found->second;
  if (is_time_slice(site.cohort)) return at;
  if (found != by_ordinal_.end() && at == 0) return 0;  // before all of them
  const CohortPhase& phase = phases_[at];
  if (phase.ordinals.size() > 1 || has_path(phase.label, site.name)) return at;
  // Marks came late, so that the recorder numbered phases otherwise: the
  // nearest of that path.
  size_t nearest = 0;
  uint32_t distance = UINT32_MAX;
  for (size_t p = 1; p < phases_.size(); ++p) {
    if (!has_path(phases_[p].label, site.name)) continue;
    const uint32_t ordinal = phases_[p].ordinals.front();
    const uint32_t off =
        ordinal > site.cohort ? ordinal - site.cohort : site.cohort - ordinal;
    if (off < distance) {
      nearest = p;
      distance = off;
    }
  }
  return nearest;
}

}  // namespace tidemark
