#include "core/analysis/cohort_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "core/analysis/evidence.h"
#include "core/analysis/finding_signs.h"
#include "core/analysis/judgement.h"
#include "core/analysis/site_findings.h"

namespace tidemark {
namespace {

// Where no curve was long enough to have a threshold (evidence.cpp).
constexpr double kBytesPerMinute = 0.1 * 1024 * 1024;
// What one class of sites gained, to speak for all.
constexpr double kDominant = 0.5;
// Old slices of time that a verdict needs: about two minutes of them.
constexpr size_t kLeastSlices = 12;

// The part of the curve's slope that leaking sites explain.
double explained(const Finding& finding, const CohortEvidence& evidence) {
  const bool by_op = finding.slope_per_op && finding.slope_per_op->value > 0;
  const double slope =
      by_op ? finding.slope_per_op->value : finding.slope_per_minute.value;
  const double found = by_op ? evidence.per_op : evidence.per_minute;
  return slope > 0 ? found / slope : 0;
}

bool is_worth_naming(const Finding& finding, const CohortEvidence& evidence) {
  const double least =
      finding.delta_per_minute > 0 ? finding.delta_per_minute : kBytesPerMinute;
  return evidence.per_minute >= least;
}

std::string what_leaks(const Finding& finding, const CohortEvidence& evidence) {
  std::string text = count_of(evidence.leaking, "site");
  text += evidence.leaking == 1 ? " keeps" : " keep";
  text += fmt::format(" a part of each of {} cohorts older than two {}, {}",
                      evidence.cohorts,
                      evidence.time_slices ? "slices of time" : "phases",
                      format_amount(finding.resource, evidence.residue));
  if (evidence.tidied > 0) {
    text += evidence.tidied == evidence.leaking
                ? "; the teardown frees it"
                : "; the teardown frees part of it";
  }
  return text;
}

Estimate rate(double per_unit, const CohortEvidence& evidence) {
  const double work = per_unit > 0 ? evidence.residue / per_unit : 1;
  const double error =
      evidence.sample_bytes > 1
          ? 2 * std::sqrt(evidence.sample_bytes * evidence.residue) / work
          : 0;
  return {per_unit, std::max(per_unit - error, 0.0), per_unit + error,
          static_cast<int64_t>(evidence.cohorts),
          "residue of cohorts older than two phases"};
}

// A curve that showed no slope: the cohorts' own rate stands in for it.
void take_rates(Finding& finding, const CohortEvidence& evidence) {
  finding.slope_per_minute = rate(evidence.per_minute, evidence);
  finding.slope_per_op.reset();
  if (evidence.per_op > 0)
    finding.slope_per_op = rate(evidence.per_op, evidence);
}

void confirm(Finding& finding, const CohortEvidence& evidence) {
  finding.verdict = Verdict::leak;
  finding.confirmed_by = Confirmation::cohorts;
  finding.reason = what_leaks(finding, evidence);
  finding.needed_seconds = 0;
  finding.plateau.reset();
}

// No site leaks: what grows is named by what most of the growth is.
void overrule(Finding& finding, const CohortEvidence& evidence) {
  const auto is_most = [&](SiteClass site_class) {
    const auto found = evidence.gained.find(site_class);
    return found != evidence.gained.end() && evidence.gained_all > 0 &&
           found->second >= kDominant * evidence.gained_all;
  };
  const auto become = [&finding](Verdict verdict, const char* reason) {
    finding.verdict = verdict;
    finding.confirmed_by = Confirmation::none;
    finding.reason = reason;
  };
  if (is_most(SiteClass::cache)) {
    become(Verdict::saturating,
           "grew at sites that stay bounded, as a cache does");
  } else if (is_most(SiteClass::startup)) {
    become(Verdict::startup, "what lives on was taken at the start");
  } else if (is_most(SiteClass::step)) {
    become(Verdict::step, "what lives on was taken in one phase");
  } else if (is_most(SiteClass::slow_drain)) {
    const double minutes =
        finding.points.empty()
            ? 0
            : finding.points.back().seconds - finding.points.front().seconds;
    become(Verdict::inconclusive,
           "grows at sites whose old cohorts drain, but slowly");
    finding.needed_seconds = minutes;
  }
}

}  // namespace

void CohortEvidence::add(const CohortJudgement& judgement) {
  cohorts = std::max(cohorts, judgement.cohorts);
  const double gain = std::max(judgement.gained, 0.0);
  gained[judgement.site_class] += gain;
  gained_all += gain;
  const bool tidy = judgement.site_class == SiteClass::tidy_at_exit;
  if (!tidy && judgement.site_class != SiteClass::leak) return;
  ++leaking;
  tidied += tidy;
  per_op += judgement.per_op;
  per_minute += judgement.per_minute;
  residue += judgement.residue;
}

bool CohortEvidence::suffices() const {
  return cohorts >= (time_slices ? kLeastSlices : kLeastCohorts);
}

bool explains(const Finding& finding, const CohortEvidence& evidence) {
  return explained(finding, evidence) >= kConfirmingShare;
}

void let_cohorts_speak(Finding& finding, const CohortEvidence& evidence) {
  if (!evidence.suffices()) return;
  if (evidence.leaking == 0) {
    const bool is_own =
        finding.resource == Resource::heap || !is_bytes(finding.resource);
    if (is_own && rises(finding)) overrule(finding, evidence);
    return;
  }
  const bool is_explained = explains(finding, evidence);
  if (finding.verdict == Verdict::suspect && is_explained) {
    confirm(finding, evidence);
  } else if (finding.resource == Resource::heap &&
             finding.verdict != Verdict::leak &&
             is_worth_naming(finding, evidence)) {
    confirm(finding, evidence);
    if (!is_explained) take_rates(finding, evidence);
  } else if (finding.verdict == Verdict::leak && is_explained) {
    finding.reason += "; " + what_leaks(finding, evidence);
  }
}

void let_heap_speak(std::vector<Finding>& findings) {
  const Finding* heap = nullptr;
  bool mappings_rise = false;
  for (const Finding& finding : findings) {
    if (finding.resource == Resource::heap) heap = &finding;
    if (finding.resource == Resource::mappings) mappings_rise |= rises(finding);
    mappings_rise |= is_of_mappings(finding);
  }
  if (heap == nullptr || mappings_rise || rises(*heap) ||
      heap->verdict == Verdict::inconclusive) {
    return;
  }
  for (Finding& finding : findings) {
    if (finding.resource != Resource::rss_anon || !rises(finding)) continue;
    finding.verdict = Verdict::suspect;
    finding.confirmed_by = Confirmation::none;
    finding.reason =
        "what the program holds does not grow with it: the allocator keeps "
        "what was freed, or its memory is fragmented";
  }
}

void withhold(Finding& heap, double untracked_share) {
  heap.confirmed_by = Confirmation::none;
  heap.plateau.reset();
  set_inconclusive(
      heap, fmt::format("{:.2g} % of its blocks could not be followed; more "
                        "than {:.2g} % withholds the verdict",
                        untracked_share * 100, kMostUntracked * 100));
}

void withhold_unless_leak(Finding& heap, double followed_share) {
  if (heap.verdict == Verdict::leak) return;
  heap.confirmed_by = Confirmation::none;
  heap.plateau.reset();
  set_inconclusive(heap, fmt::format("its blocks were followed in {} of the "
                                     "time that is judged",
                                     percent(followed_share)));
}

}  // namespace tidemark
