#include "core/analysis/site_findings.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "core/analysis/cohort_verdict.h"
#include "core/analysis/finding_signs.h"
#include "core/analysis/reconcile.h"

namespace tidemark {
namespace {

constexpr size_t kMostSites = 10;       // of one finding
constexpr size_t kMostJudged = 256;     // of one process and kind
constexpr size_t kMostCohortRows = 32;  // shown of one site
// A matrix is as large as the square of this; a test suite may have a phase
// for each of thousands of tests.
constexpr size_t kMostPhases = 192;

// One stack: the rows of its cohorts, by the phase they were born in.
struct StackRows {
  StackId stack;
  SiteKind kind = SiteKind::none;
  struct Row {
    size_t phase = 0;
    const SiteSeries* series = nullptr;
    LevelCurve live;  // in the finding's unit
  };
  std::vector<Row> rows;
  double alive = 0;  // at the end of the measured part
};

double alive_at(const StackRows::Row& row, const CohortPhase& phase) {
  if (row.series->ended <= phase.end) return 0;
  return static_cast<double>(row.live.at(phase.counted).value_or(0));
}

std::vector<StackRows> group_stacks(const std::vector<SiteRow>& rows,
                                    const std::set<SiteKind>& kinds,
                                    const std::vector<CohortPhase>& phases,
                                    bool bytes) {
  const PhaseLookup lookup(phases);
  std::map<std::pair<SiteKind, StackId>, StackRows> stacks;
  for (const SiteRow& row : rows) {
    const Subject& subject = *row.subject;
    if (!kinds.contains(subject.site_kind)) continue;
    StackRows& stack = stacks[{subject.site_kind, subject.stack}];
    stack.stack = subject.stack;
    stack.kind = subject.site_kind;
    const PackedSeries& live =
        bytes ? row.series->live_bytes : row.series->live_count;
    stack.rows.push_back(
        {lookup.of(subject), row.series, LevelCurve(live.unpack())});
  }
  const CohortPhase& last = phases[last_measured_end(phases)];
  std::vector<StackRows> list;
  for (auto& [key, stack] : stacks) {
    for (const StackRows::Row& row : stack.rows) {
      stack.alive += alive_at(row, last);
    }
    list.push_back(std::move(stack));
  }
  std::ranges::stable_sort(list, std::greater(), &StackRows::alive);
  if (list.size() > kMostJudged) list.resize(kMostJudged);
  return list;
}

CohortMatrix matrix_of(const StackRows& stack,
                       const std::vector<CohortPhase>& phases, bool bytes) {
  CohortMatrix matrix(phases.size());
  for (const StackRows::Row& row : stack.rows) {
    matrix.taken[row.phase] += static_cast<double>(
        bytes ? row.series->taken_bytes : row.series->taken_count);
    for (size_t q = row.phase; q < phases.size(); ++q) {
      matrix.live[row.phase][q - row.phase] += alive_at(row, phases[q]);
    }
  }
  return matrix;
}

Estimate with_bounds(double live, double sample_bytes) {
  if (sample_bytes <= 1) return {live, live, live, 0, "every block"};
  // Poisson: the variance of the estimate is R times it.
  const double two_sigma = 2 * std::sqrt(sample_bytes * std::max(live, 0.0));
  return {live, std::max(live - two_sigma, 0.0), live + two_sigma, 0,
          "Poisson sampling by bytes, +- 2 sigma"};
}

FindingSite describe(const StackRows& stack, const CohortMatrix& matrix,
                     const std::vector<CohortPhase>& phases,
                     const CohortJudgement& judgement, double sample_bytes) {
  FindingSite site;
  site.kind = stack.kind;
  site.stack = stack.stack;
  site.site_class = judgement.site_class;
  site.residue_per_op = judgement.per_op;
  site.residue_per_minute = judgement.per_minute;
  site.share = std::max(judgement.gained, 0.0);  // not yet a share
  site.live = with_bounds(stack.alive, sample_bytes);
  const CohortPhase& last = phases[last_measured_end(phases)];
  for (const StackRows::Row& row : stack.rows) {
    site.taken_bytes += static_cast<double>(row.series->taken_bytes);
    site.taken_count += static_cast<double>(row.series->taken_count);
    if (row.series->ended <= last.end) continue;
    const auto at_end = [&](const PackedSeries& series) {
      const LevelCurve curve(series.unpack());
      return static_cast<double>(curve.at(last.counted).value_or(0));
    };
    site.live_bytes += at_end(row.series->live_bytes);
    site.live_count += at_end(row.series->live_count);
  }
  site.cohorts = show_cohorts(matrix, phases, kMostCohortRows);
  return site;
}

std::set<SiteKind> kinds_of(Resource resource, const std::vector<SiteRow>& rows,
                            bool is_heap_followed) {
  const auto has = [&rows](SiteKind kind) {
    return std::ranges::any_of(rows, [kind](const SiteRow& row) {
      return row.subject->site_kind == kind;
    });
  };
  switch (resource) {
    case Resource::heap: return {SiteKind::heap};
    case Resource::rss_anon:
      // Where memory was touched first stands in for a heap not seen whole.
      return {has(SiteKind::heap) && (is_heap_followed || !has(SiteKind::fault))
                  ? SiteKind::heap
                  : SiteKind::fault};
    case Resource::mappings:
      return {has(SiteKind::mapped) ? SiteKind::mapped : SiteKind::mapping};
    case Resource::fds: return {SiteKind::fd, SiteKind::socket};
    case Resource::sockets: return {SiteKind::socket};
    case Resource::threads: return {SiteKind::thread};
    default: return {};
  }
}

void sort_and_cut(std::vector<FindingSite>& sites) {
  const auto key = [](const FindingSite& site) {
    const double rate = leaks(site) ? site.residue_per_minute : 0;
    return std::tuple(-rate, -site.share, -site.live.value, site.stack.value);
  };
  std::ranges::stable_sort(sites, {}, key);
  if (sites.size() > kMostSites) sites.resize(kMostSites);
}

// Fills one finding's sites; what all of them say together is returned.
CohortEvidence add_to(Finding& finding, const std::vector<SiteRow>& rows,
                      const std::set<SiteKind>& kinds,
                      const std::vector<CohortPhase>& phases,
                      double sample_bytes) {
  const bool bytes = is_bytes(finding.resource);
  if (!kinds.contains(SiteKind::heap)) sample_bytes = 1;
  CohortEvidence evidence;
  evidence.sample_bytes = sample_bytes;
  evidence.time_slices = are_time_slices(phases);
  double gained = 0;
  for (const StackRows& stack : group_stacks(rows, kinds, phases, bytes)) {
    const CohortMatrix matrix = matrix_of(stack, phases, bytes);
    CohortJudgement judgement = judge_cohorts(matrix, phases, sample_bytes);
    // Cohorts that are never seen to drain prove nothing.
    if (is_taken_only(stack.kind)) {
      judgement = {.gained = judgement.gained};
    } else {
      evidence.add(judgement);
    }
    gained += std::max(judgement.gained, 0.0);
    FindingSite site = describe(stack, matrix, phases, judgement, sample_bytes);
    if (site.live.value > 0 || leaks(site)) {
      finding.sites.push_back(std::move(site));
    }
  }
  for (FindingSite& site : finding.sites) {
    site.share = gained > 0 ? site.share / gained : 0;
  }
  sort_and_cut(finding.sites);
  return evidence;
}

// Memory that no block of the heap explains may be mapped by the program
// itself: those sites take the place of the others where they explain it.
void ask_mappings(Finding& finding, CohortEvidence& evidence,
                  const std::vector<SiteRow>& rows,
                  const std::vector<CohortPhase>& phases) {
  if (finding.resource != Resource::rss_anon || evidence.leaking > 0) return;
  Finding mapped = finding;
  mapped.sites.clear();
  CohortEvidence found = add_to(mapped, rows, {SiteKind::mapped}, phases, 1);
  if (found.leaking == 0 || !explains(mapped, found)) return;
  finding = std::move(mapped);
  evidence = std::move(found);
}

// From before the first measured phase to the end of the last; else its life.
Span judged_span(const std::vector<CohortPhase>& phases, Span life) {
  size_t first = 0;
  while (first < phases.size() && !phases[first].measured) ++first;
  if (first == 0 || first >= phases.size()) return life;
  return {phases[first - 1].counted, phases[last_measured_end(phases)].counted};
}

// What stands at known sites of mappings grew by; absent without such sites.
std::optional<double> mapped_growth(const std::vector<SiteRow>& rows,
                                    Span span) {
  std::optional<double> growth;
  for (const auto& [subject, series] : rows) {
    if (subject->site_kind != SiteKind::mapped) continue;
    const LevelCurve live(series->live_bytes.unpack());
    const auto at = [&](BootTime time) {
      return series->ended <= time ? 0 : live.at(time).value_or(0);
    };
    growth =
        growth.value_or(0) + static_cast<double>(at(span.to) - at(span.from));
  }
  return growth;
}

void reconcile_growth(Finding& finding, const ProcessCurves& process,
                      const std::vector<SiteRow>& rows,
                      const std::vector<CohortPhase>& phases) {
  size_t first = 0;
  while (first < phases.size() && !phases[first].measured) ++first;
  if (first == 0 || first >= phases.size()) return;
  const Span span{phases[first - 1].counted,
                  phases[last_measured_end(phases)].counted};
  const auto growth = [&](const LevelCurve& level) -> std::optional<double> {
    const auto from = level.at(span.from);
    const auto to = level.at(span.to);
    if (!from || !to) return std::nullopt;
    return static_cast<double>(*to - *from);
  };
  const auto anon = growth(process.rss);
  if (!anon) return;
  const auto of = [&](Kept kept) { return growth(process.level(kept)); };
  GrowthParts parts{.anon = *anon,
                    .file = of(Kept::rss_file),
                    .shmem = of(Kept::rss_shmem),
                    .sites = of(Kept::heap_live),
                    .touched_heap = of(Kept::touched_heap),
                    .touched_mappings = std::nullopt,
                    .arenas = of(Kept::arenas),
                    .mapped = mapped_growth(rows, span)};
  if (const auto touched = of(Kept::touched)) {
    parts.touched_mappings = *touched - parts.touched_heap.value_or(0) -
                             of(Kept::touched_stacks).value_or(0);
  }
  finding.growth = reconcile(parts);
  finding.growth->since = phases[first].label;
}

}  // namespace

std::vector<SiteTotals> site_totals(const std::vector<SiteRow>& rows,
                                    const std::vector<CohortPhase>& phases) {
  const CohortPhase& last = phases[last_measured_end(phases)];
  const PhaseLookup lookup(phases);
  const bool slices = are_time_slices(phases);
  std::vector<SiteTotals> all;
  for (const auto& [subject, series] : rows) {
    SiteTotals& totals = all.emplace_back();
    totals.process = subject->owner;
    totals.kind = subject->site_kind;
    totals.stack = subject->stack;
    // Slices of time are no phases.
    if (!slices) totals.phase = phases[lookup.of(*subject)].label;
    totals.taken_bytes = series->taken_bytes;
    totals.taken_count = series->taken_count;
    totals.samples = series->samples;
    if (series->ended <= last.end) continue;
    const auto at_end = [&last](const PackedSeries& packed) {
      return LevelCurve(packed.unpack()).at(last.counted).value_or(0);
    };
    totals.live_bytes = at_end(series->live_bytes);
    totals.live_count = at_end(series->live_count);
  }
  return all;
}

void add_sites(std::vector<Finding>& findings, const RunReadings& run,
               const ProcessCurves& process, const OpsTable::Primary& primary,
               const std::vector<SiteRow>& rows, const HeapFigures& heap) {
  std::vector<CohortPhase> phases =
      cohort_phases(run, process.life, primary, rows);
  // Probes that came late know nothing of what was taken before.
  std::vector<CohortPhase> traced = phases;
  const bool is_late = heap.seen && measure_from(traced, heap.first);
  phases = join_phases(std::move(phases), kMostPhases);
  traced = join_phases(std::move(traced), kMostPhases);
  const auto sample_bytes = static_cast<double>(heap.sample_bytes);
  const double untracked = heap.untracked_share();
  const bool is_withheld = untracked > kMostUntracked;
  const Span judged = judged_span(phases, process.life);
  const double followed =
      heap.followed_share({std::max(judged.from, heap.first), judged.to});
  const bool is_followed = heap.seen && followed >= kLeastFollowed;
  for (Finding& finding : findings) {
    const bool is_heap = finding.resource == Resource::heap;
    const bool is_memory = is_bytes(finding.resource);
    const auto& born = is_memory ? traced : phases;
    CohortEvidence evidence =
        add_to(finding, rows, kinds_of(finding.resource, rows, is_followed),
               born, sample_bytes);
    ask_mappings(finding, evidence, rows, phases);
    if (!is_withheld || !is_memory) {
      let_cohorts_speak(finding, evidence);
    } else if (is_heap) {
      withhold(finding, untracked);
    }
    if (is_heap && !is_followed) {
      withhold_unless_leak(finding, followed);
    }
    // Blocks from before the probes are freed unseen: the parts would not
    // add up.
    if (finding.resource == Resource::rss_anon && is_followed && !is_late) {
      reconcile_growth(finding, process, rows, phases);
    }
  }
  if (!is_late) let_heap_speak(findings);
  classify(findings);
}

}  // namespace tidemark
