#include "core/analysis/judgement.h"

#include <algorithm>
#include <cmath>

#include "core/base/order_statistics.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr double kMostRises = 0.8;  // of the cycles, each above the one before
// Variance that the shape of a leak must explain: when most cycles rose, when
// they did not but gave nothing back, when the slope is below notice.
constexpr double kStraight = 0.9;
constexpr double kStraighter = 0.95;
constexpr double kStraightest = 0.97;
// And what it must amount to, in steps of the instrument; the larger when the
// slope is below notice.
constexpr double kFewSteps = 64;
constexpr double kManySteps = 256;
constexpr double kDeadStop = 20;  // start-up: growth slowed this much

}  // namespace

std::string count_of(size_t n, const char* noun) {
  return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

std::string percent(double ratio) {
  return format_count(std::round(ratio * 100)) + " %";
}

std::string how_long(double seconds) {
  return format_duration(std::chrono::duration_cast<Nanoseconds>(
      std::chrono::duration<double>(std::min(std::round(seconds), 1e9))));
}

void set_inconclusive(Finding& finding, std::string reason,
                      double needed_seconds) {
  finding.verdict = Verdict::inconclusive;
  finding.reason = std::move(reason);
  finding.needed_seconds = needed_seconds;
}

Judgement::Judgement(Finding& finding, const Evidence& evidence,
                     const std::vector<Finding::Point>& dropped)
    : finding_(finding),
      evidence_(evidence),
      dropped_(dropped),
      trend_(evidence.slope.trend),
      rises_(count_rises(evidence.series)),
      growth_(classify_growth(
          evidence.series,
          evidence.creeps() ? evidence.delta.by_time : evidence.delta.growing,
          evidence.resolution)) {}

void Judgement::decide_cycles(double seconds_per_cycle) {
  const size_t n = evidence_.series.size();
  const bool goes_on = goes_on_for_certain();
  if (goes_on && n >= kSureReadings) return set_leak();
  if (goes_on) {
    return set_suspect(
        "grows like a leak over " + count_of(n, "cycle") + "; " +
            std::to_string(kSureReadings) +
            " after the warm-up are needed to confirm it",
        static_cast<double>(kSureReadings - n) * seconds_per_cycle);
  }
  decide_unconfirmed();
}

void Judgement::decide_phase() {
  if (goes_on_for_certain()) return set_shape();
  decide_unconfirmed();
}

std::string Judgement::slope_text(double slope) const {
  return format_slope(finding_, evidence_.axis, slope);
}

std::string Judgement::amount(double value) const {
  return format_amount(finding_.resource, value);
}

bool Judgement::is_large() const {
  if (!is_bytes(finding_.resource)) return true;
  const double steps = rises_.net / evidence_.resolution;
  return steps >= (evidence_.flat() ? kManySteps : kFewSteps);
}

bool Judgement::most_cycles_rise() const {
  return static_cast<double>(rises_.up) >=
         kMostRises * static_cast<double>(rises_.steps);
}

bool Judgement::goes_on_for_certain() const {
  if (!evidence_.grows() || !growth_.is_clear) return false;
  const bool on = growth_.shape == Shape::line ||
                  growth_.shape == Shape::line_after_warm_up;
  const bool kept = rises_.drawdown <= 0.1 * rises_.net;
  if (!on || !(most_cycles_rise() || kept) || !is_large()) return false;
  if (evidence_.flat() && !most_cycles_rise()) return false;
  const double least = evidence_.flat()     ? kStraightest
                       : most_cycles_rise() ? kStraight
                                            : kStraighter;
  return growth_.explained >= least &&
         outlives_bursts(evidence_.series, evidence_.delta.growing);
}

void Judgement::decide_unconfirmed() {
  // A few bytes more per operation are below notice; one handle is not.
  const bool handle_rises = !is_bytes(finding_.resource) && evidence_.grows();
  if (creeps_on()) return set_creeping();
  if (evidence_.flat() && !handle_rises) return set_none();
  if (shape_is_sure()) return set_shape();
  const bool cycles = finding_.cycles > 0;
  if ((cycles && grows_lately()) || levelled_off() || stopped_after_start())
    return;
  if (evidence_.grows()) return set_open();
  set_undecided();
}

bool Judgement::creeps_on() const {
  return evidence_.creeps() && is_large() && most_cycles_rise() &&
         (growth_.shape == Shape::line ||
          growth_.shape == Shape::line_after_warm_up);
}

void Judgement::set_creeping() {
  set_suspect(
      "little per operation, yet " +
      format_slope(finding_, Axis{}, trend_.slope * evidence_.axis.per_minute) +
      " without slowing, unconfirmed");
}

bool Judgement::shape_is_sure() const {
  switch (growth_.shape) {
    case Shape::step: return true;
    case Shape::saturating: return trend_.lo > 0;
    case Shape::unclear: return false;
    default: return evidence_.grows();
  }
}

void Judgement::set_leak() {
  const bool handles = !is_bytes(finding_.resource);
  finding_.verdict = Verdict::leak;
  finding_.confirmed_by = handles && most_cycles_rise() ? Confirmation::integers
                                                        : Confirmation::cycles;
  finding_.reason =
      std::to_string(rises_.up) + " of " + count_of(rises_.steps, "cycle") +
      " retained more than the one before; " + amount(rises_.net) + " in all";
}

void Judgement::set_none() {
  finding_.verdict = Verdict::none;
  if (trend_.hi < 0) {
    finding_.reason = "falls";
  } else if (trend_.s == 0 && trend_.lo == 0 && trend_.hi == 0) {
    finding_.reason = "flat at " + amount(evidence_.series.y.front());
  } else if (is_bytes(finding_.resource)) {
    finding_.reason =
        "no growth of " + slope_text(evidence_.delta.none) + " or more";
    if (trend_.lo > 0) {
      finding_.reason += "; it rises by " + slope_text(trend_.slope);
    }
  } else {
    finding_.reason = "no rise beyond its ups and downs";
  }
}

void Judgement::set_suspect(std::string reason, double needed_seconds) {
  finding_.verdict = Verdict::suspect;
  finding_.reason = std::move(reason);
  finding_.needed_seconds = needed_seconds;
}

void Judgement::set_undecided() {
  set_inconclusive(finding_,
                   "growth of " + slope_text(evidence_.delta.none) +
                       " cannot be told from noise yet: between " +
                       slope_text(trend_.lo) + " and " + slope_text(trend_.hi),
                   seconds_to_decide());
}

size_t Judgement::second_half() const {
  const size_t n = evidence_.series.size();
  return n - std::max(kLeastReadings, n / 2);
}

bool Judgement::grows_lately() {
  const Series& all = evidence_.series;
  const Series tail = all.part(second_half(), all.size());
  const auto slope = estimate_slope(tail, evidence_.resolution);
  if (!slope || !(slope->trend.lo > evidence_.delta.growing)) return false;
  if (!is_large()) return false;
  const double missing = tail.size() < kSureReadings
                             ? static_cast<double>(kSureReadings - tail.size())
                             : 0;
  set_suspect(
      "grows by " + slope_text(slope->trend.slope) + " in the last " +
          how_long(to_seconds(tail.span())) + ", unconfirmed",
      missing * evidence_.seconds / static_cast<double>(all.size() - 1));
  return true;
}

bool Judgement::levelled_off() {
  const Series& all = evidence_.series;
  const size_t begin = second_half();
  const Series tail = all.part(begin, all.size());
  const auto slope = estimate_slope(tail, evidence_.resolution);
  if (!slope || !(slope->trend.hi < evidence_.delta.none)) return false;
  if (!is_bytes(finding_.resource) && slope->trend.lo > 0) return false;
  const double level = *median(tail.y);
  const double rise = level - all.y.front();
  const bool large = rise > 6 * slope->noise &&
                     rise > evidence_.delta.none * (all.x[begin] - all.x[0]);
  if (!large) return false;
  finding_.verdict = Verdict::saturating;
  finding_.plateau = level;
  finding_.reason = "rose " + amount(rise) + " and has been level at " +
                    amount(level) + " for the last " +
                    how_long(to_seconds(tail.span()));
  return true;
}

bool Judgement::stopped_after_start() {
  if (dropped_.empty() || !std::isfinite(trend_.hi)) return false;
  const Finding::Point& first = dropped_.front();
  const double from = evidence_.axis.ops ? first.ops : first.seconds / 60;
  const double way = evidence_.series.x.front() - from;
  const double rise = evidence_.series.y.front() - first.value;
  const bool large = rise > 6 * evidence_.slope.noise &&
                     rise > evidence_.delta.none * evidence_.slope.span;
  if (!large || !(way > 0) || trend_.hi > rise / way / kDeadStop) {
    return false;
  }
  finding_.verdict = Verdict::startup;
  finding_.reason = "grew " + amount(rise) +
                    " at the start, and since then at most " +
                    slope_text(trend_.hi);
  return true;
}

double Judgement::seconds_to_decide() const {
  const double distance = std::max({evidence_.delta.none - trend_.slope,
                                    trend_.slope - evidence_.delta.growing,
                                    0.1 * evidence_.delta.none});
  const double longer =
      needed_span(evidence_.slope, distance) / evidence_.slope.span - 1;
  return evidence_.seconds * std::max(longer, 0.25);
}

double Judgement::to_seconds(double x) const {
  return x / evidence_.axis.per_minute * 60;
}

void Judgement::set_shape() {
  switch (growth_.shape) {
    case Shape::line:
      return set_suspect("grows by " + slope_text(trend_.slope) +
                         " without slowing, unconfirmed");
    case Shape::line_after_warm_up:
      return set_suspect("grows by " + slope_text(trend_.slope) +
                         " after its warm-up, unconfirmed");
    case Shape::saturating: return set_saturating();
    case Shape::step: return set_step();
    case Shape::stairs:
      return set_suspect("grows in steps, " + amount(rises_.net) +
                         " so far, and gives nothing back");
    case Shape::unclear: return set_open();
  }
}

void Judgement::set_open() {
  set_inconclusive(finding_,
                   "grows, but whether it goes on or slows down is open yet",
                   evidence_.seconds);
}

void Judgement::set_saturating() {
  finding_.verdict = Verdict::saturating;
  finding_.plateau = growth_.plateau;
  finding_.needed_seconds = to_seconds(3 * growth_.tau);
  finding_.reason = "slows down towards " + amount(growth_.plateau) +
                    ", as a cache that fills; " +
                    how_long(finding_.needed_seconds) + " more would show it";
}

void Judgement::set_step() {
  finding_.verdict = Verdict::step;
  finding_.plateau = evidence_.series.y.back();
  finding_.reason = "rose once by " + amount(growth_.step) + ", " +
                    percent(static_cast<double>(growth_.step_at) /
                            static_cast<double>(evidence_.series.size())) +
                    " into the run; level before and after";
}

}  // namespace tidemark
