#include "core/analysis/cohorts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/trend.h"

namespace tidemark {
namespace {

constexpr size_t kOldAge = 2;         // phases that must have passed since
constexpr double kLeastSamples = 16;  // four sigma
constexpr double kSamplesPerGroup = 8;
constexpr size_t kMostGroups = 6;
// A group of cohorts keeps at least this part of what the average one does.
constexpr double kEvenShare = 0.3;
// One group that keeps less still keeps this part of what it took, beside the
// others.
constexpr double kMostShare = 0.7;
// The last third of the cohorts keeps at least this part of the first third's
// rate: one that fills slows down.
constexpr double kLastingShare = 0.4;
constexpr double kLittleDrained = 0.3;
constexpr double kMostDrained = 0.7;
constexpr double kNearlyAll = 0.9;
// Of a leak half of what is kept is born in the second half of the run.
constexpr double kStillRising = 0.2;
// Old cohorts that drain speak for a cache, unless the site gained this part of
// all it holds in the second half of the run: a container that doubles moves
// what it keeps to a new block.
constexpr double kDoubling = 0.45;
constexpr double kChurn = 0.05;  // alive, of all that was taken

// The old cohorts of one site, in order of birth.
struct OldCohorts {
  std::vector<double> taken;
  std::vector<double> kept;   // alive at the end of the measured part
  std::vector<double> young;  // alive at age 2
  std::vector<double> ops, minutes;

  size_t size() const { return kept.size(); }
};

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

OldCohorts old_cohorts(const CohortMatrix& matrix,
                       const std::vector<CohortPhase>& phases, size_t last) {
  OldCohorts old;
  for (size_t p = 0; p + kOldAge <= last; ++p) {
    if (!phases[p].measured) continue;
    old.taken.push_back(matrix.taken[p]);
    old.kept.push_back(matrix.at(p, last));
    old.young.push_back(matrix.at(p, p + kOldAge));
    old.ops.push_back(phases[p].ops);
    old.minutes.push_back(phases[p].minutes);
  }
  return old;
}

// A run of neighbouring cohorts: what they keep, of their work and of what
// they took.
struct KeptRates {
  double of_work = 0, of_taken = 0;
};

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

// The mean rates of `count` such runs.
std::vector<KeptRates> group_rates(const OldCohorts& old, size_t begin,
                                   size_t count) {
  const bool by_ops = sum(old.ops) > 0;
  const size_t n = old.size() - begin;
  std::vector<KeptRates> rates;
  for (size_t g = 0; g < count; ++g) {
    double kept = 0, work = 0, taken = 0;
    for (size_t i = begin + n * g / count; i < begin + n * (g + 1) / count;
         ++i) {
      kept += old.kept[i];
      work += by_ops ? old.ops[i] : old.minutes[i];
      taken += old.taken[i];
    }
    rates.push_back({ratio(kept, work), ratio(kept, taken)});
  }
  return rates;
}

// Every group keeps its part of the work's; one of six may keep less where it
// took less: a load that varies. What fills does not come back from that, so
// never the last one.
bool each_keeps_its_part(const std::vector<KeptRates>& rates) {
  double of_work = 0, of_taken = 0;
  for (const KeptRates& rate : rates) {
    of_work += rate.of_work / static_cast<double>(rates.size());
    of_taken += rate.of_taken / static_cast<double>(rates.size());
  }
  size_t low = 0;
  for (const KeptRates& rate : rates) {
    if (rate.of_work >= kEvenShare * of_work) continue;
    const bool is_last = &rate == &rates.back();
    if (is_last || rate.of_taken < kMostShare * of_taken) return false;
    ++low;
  }
  return low <= rates.size() / kMostGroups;
}

// How many groups there are samples for.
size_t count_groups(size_t cohorts, double kept, double sample_bytes) {
  size_t groups = std::min(cohorts, kMostGroups);
  if (sample_bytes > 1) {
    const double shown = kept / (kSamplesPerGroup * sample_bytes);
    const auto most = static_cast<size_t>(std::min(shown, 1e6));
    groups = std::clamp<size_t>(most, 1, groups);
  }
  return std::max(groups, kLeastCohorts);
}

// Every run of cohorts keeps its part, and the later ones no less.
bool keeps_evenly(const OldCohorts& old, size_t begin, double sample_bytes) {
  const size_t n = old.size() - begin;
  if (n < kLeastCohorts) return false;
  double kept = 0;
  for (size_t i = begin; i < old.size(); ++i) kept += old.kept[i];
  if (!(kept > 0) || kept < kLeastSamples * sample_bytes) return false;
  const size_t groups = count_groups(n, kept, sample_bytes);
  if (!each_keeps_its_part(group_rates(old, begin, groups))) return false;
  const std::vector<KeptRates> thirds = group_rates(old, begin, 3);
  return thirds.back().of_work >= kLastingShare * thirds.front().of_work;
}

// The first cohort of a leak that may have begun late: those before it never
// held anything at age 2, so they did not drain. size(): none.
size_t first_kept(const OldCohorts& old) {
  const double mean = sum(old.kept) / static_cast<double>(old.size());
  size_t begin = 0;
  while (begin < old.size() && old.kept[begin] < kEvenShare * mean &&
         old.young[begin] < kEvenShare * mean) {
    ++begin;
  }
  return begin;
}

double drained_share(const OldCohorts& old) {
  double gone = 0;
  for (size_t i = 0; i < old.size(); ++i) {
    gone += std::max(old.young[i] - old.kept[i], 0.0);
  }
  const double young = sum(old.young);
  return young > 0 ? gone / young : 0;
}

// From the measured part on: what the site gained, and in the second half.
struct Rise {
  double whole = 0, late = 0;
};

Rise rise_of(const CohortMatrix& matrix, const std::vector<CohortPhase>& phases,
             size_t last) {
  size_t first = 0;
  while (first < last && !phases[first].measured) ++first;
  const size_t before = first > 0 ? first - 1 : 0;
  const double end = matrix.total(last);
  return {end - matrix.total(before),
          end - matrix.total(before + (last - before) / 2)};
}

// Whether the site gained ever less from phase to phase, for certain, and in
// the second half of them much less than in the first: it fills.
bool slows_down(const CohortMatrix& matrix,
                const std::vector<CohortPhase>& phases, size_t last) {
  constexpr size_t kLeastPhases = 8;
  constexpr double kSurely = 0.01;
  constexpr double kMuchLess = 0.6;
  std::vector<double> at, slowing;
  double halves[2] = {0, 0};
  double before = -1;
  const bool by_ops = std::ranges::any_of(
      phases, [](const CohortPhase& phase) { return phase.ops > 0; });
  std::vector<double> rates;
  for (size_t p = 0; p <= last; ++p) {
    if (!phases[p].measured) continue;
    const double total = matrix.total(p);
    const double work = by_ops ? phases[p].ops : phases[p].minutes;
    if (before >= 0 && work > 0) rates.push_back((total - before) / work);
    before = total;
  }
  if (rates.size() < kLeastPhases) return false;
  for (size_t i = 0; i < rates.size(); ++i) {
    at.push_back(static_cast<double>(i));
    slowing.push_back(-rates[i]);
    if (2 * i + 1 != rates.size()) halves[2 * i + 1 > rates.size()] += rates[i];
  }
  const auto trend = theil_sen(at, slowing);
  return trend && trend->p_rising < kSurely &&
         halves[1] < kMuchLess * halves[0];
}

// What lives at the end, by where it was born.
struct Birth {
  double all = 0, startup = 0, measured = 0, greatest = 0;
};

Birth birth_of(const CohortMatrix& matrix,
               const std::vector<CohortPhase>& phases, size_t last) {
  Birth birth;
  for (size_t p = 0; p <= last; ++p) {
    const double alive = matrix.at(p, last);
    birth.all += alive;
    if (phases[p].startup) birth.startup += alive;
    if (!phases[p].measured) continue;
    birth.measured += alive;
    birth.greatest = std::max(birth.greatest, alive);
  }
  return birth;
}

bool tidied_up(const CohortMatrix& matrix,
               const std::vector<CohortPhase>& phases, size_t last) {
  const size_t end = phases.size() - 1;
  const bool has_teardown = std::ranges::any_of(
      phases, [](const CohortPhase& phase) { return phase.teardown; });
  return has_teardown && end > last &&
         matrix.total(end) <= (1 - kNearlyAll) * matrix.total(last);
}

SiteClass class_of(const CohortMatrix& matrix,
                   const std::vector<CohortPhase>& phases,
                   const OldCohorts& old, size_t last, double sample_bytes) {
  const Birth birth = birth_of(matrix, phases, last);
  const double drained = drained_share(old);
  const double taken = sum(matrix.taken);
  const bool enough =
      birth.all > 0 && birth.all >= kLeastSamples * sample_bytes;
  if (!enough) {
    return taken > kLeastSamples * sample_bytes && birth.all < kChurn * taken
               ? SiteClass::churn
               : SiteClass::unclear;
  }
  const Rise rise = rise_of(matrix, phases, last);
  const bool rises = rise.late >= kStillRising * sum(old.kept);
  const size_t begin = first_kept(old);
  if (rises && drained <= kLittleDrained && begin < old.size() &&
      keeps_evenly(old, begin, sample_bytes) &&
      !slows_down(matrix, phases, last)) {
    return tidied_up(matrix, phases, last) ? SiteClass::tidy_at_exit
                                           : SiteClass::leak;
  }
  if (birth.startup >= kNearlyAll * birth.all) return SiteClass::startup;
  if (birth.greatest >= kNearlyAll * birth.measured && birth.measured > 0 &&
      !(drained > kMostDrained)) {
    return SiteClass::step;
  }
  if (birth.all < kChurn * taken) return SiteClass::churn;
  if (drained >= kMostDrained) {
    return rise.late < kDoubling * birth.all ? SiteClass::cache
                                             : SiteClass::unclear;
  }
  // Bounded, or filling ever more slowly.
  if (!rises || drained <= kLittleDrained) return SiteClass::cache;
  return SiteClass::slow_drain;
}

}  // namespace

CohortMatrix::CohortMatrix(size_t phases) : taken(phases), live(phases) {
  for (size_t p = 0; p < phases; ++p) live[p].resize(phases - p);
}

double CohortMatrix::total(size_t q) const {
  double total = 0;
  for (size_t p = 0; p <= q; ++p) total += at(p, q);
  return total;
}

size_t last_measured_end(const std::vector<CohortPhase>& phases) {
  size_t last = phases.empty() ? 0 : phases.size() - 1;
  for (size_t p = 1; p < phases.size(); ++p) {
    if (phases[p].teardown) return p - 1;
  }
  return last;
}

CohortJudgement judge_cohorts(const CohortMatrix& matrix,
                              const std::vector<CohortPhase>& phases,
                              double sample_bytes) {
  CohortJudgement judgement;
  if (phases.empty() || matrix.size() != phases.size()) return judgement;
  const size_t last = last_measured_end(phases);
  judgement.gained = rise_of(matrix, phases, last).whole;
  const OldCohorts old = old_cohorts(matrix, phases, last);
  judgement.cohorts = old.size();
  if (old.size() < kLeastCohorts) return judgement;
  judgement.drained = drained_share(old);
  judgement.residue = sum(old.kept);
  const double ops = sum(old.ops);
  const double minutes = sum(old.minutes);
  if (ops > 0) judgement.per_op = judgement.residue / ops;
  if (minutes > 0) judgement.per_minute = judgement.residue / minutes;
  judgement.site_class = class_of(matrix, phases, old, last, sample_bytes);
  return judgement;
}

std::vector<FindingSite::Cohort> show_cohorts(
    const CohortMatrix& matrix, const std::vector<CohortPhase>& phases,
    size_t rows) {
  const size_t n = phases.size();
  // The first row, of what no phase covers, stays alone.
  const size_t each = n > rows ? (n - 1 + rows - 2) / (rows - 1) : 1;
  std::vector<size_t> begins{0};
  for (size_t p = 1; p < n; p += each) begins.push_back(p);
  const auto end_of = [&](size_t r) {
    return r + 1 < begins.size() ? begins[r + 1] : n;
  };
  std::vector<FindingSite::Cohort> shown;
  for (size_t r = 0; r < begins.size() && n > 0; ++r) {
    FindingSite::Cohort& row = shown.emplace_back();
    row.phase = phases[begins[r]].label;
    row.phases = end_of(r) - begins[r];
    for (size_t p = begins[r]; p < end_of(r); ++p) row.taken += matrix.taken[p];
    for (size_t c = r; c < begins.size(); ++c) {
      double& alive = row.live.emplace_back(0.0);
      for (size_t p = begins[r]; p < end_of(r); ++p) {
        alive += matrix.at(p, end_of(c) - 1);
      }
    }
  }
  return shown;
}

std::vector<FindingSite::Cohort> join_cohorts(
    const std::vector<FindingSite::Cohort>& cohorts, size_t rows) {
  // What took little beside the others says nothing.
  constexpr double kLittle = 0.05;
  const auto end_of_row = [](const FindingSite::Cohort& cohort) {
    return cohort.live.empty() ? 0 : cohort.live.back();
  };
  double most_taken = 0;
  double most_alive = 0;
  for (const auto& cohort : cohorts) {
    most_taken = std::max(most_taken, cohort.taken);
    most_alive = std::max(most_alive, end_of_row(cohort));
  }
  std::vector<size_t> kept;
  for (size_t i = 0; i < cohorts.size(); ++i) {
    const bool much = cohorts[i].taken > kLittle * most_taken ||
                      end_of_row(cohorts[i]) > kLittle * most_alive;
    if (much) kept.push_back(i);
  }
  const size_t n = std::min(kept.size(), rows);
  std::vector<FindingSite::Cohort> joined(n);
  const auto begin_of = [&](size_t r) { return kept.size() * r / n; };
  for (size_t r = 0; r < n; ++r) {
    FindingSite::Cohort& row = joined[r];
    row.phase = cohorts[kept[begin_of(r)]].phase;
    row.phases = 0;
    for (size_t k = begin_of(r); k < begin_of(r + 1); ++k) {
      row.phases += cohorts[kept[k]].phases;
      row.taken += cohorts[kept[k]].taken;
    }
    for (size_t c = r; c < n; ++c) {
      const size_t end =
          c + 1 < n ? kept[begin_of(c + 1) - 1] : cohorts.size() - 1;
      double& alive = row.live.emplace_back(0.0);
      for (size_t k = begin_of(r); k < begin_of(r + 1); ++k) {
        const size_t from = kept[k];
        if (end >= from && end - from < cohorts[from].live.size()) {
          alive += cohorts[from].live[end - from];
        }
      }
    }
  }
  return joined;
}

std::string cohort_name(const FindingSite::Cohort& row) {
  std::string name = row.phase.empty() ? "outside phases" : row.phase;
  if (row.phases > 1) name += " +" + std::to_string(row.phases - 1);
  return name;
}

}  // namespace tidemark
