#include "core/analysis/verdict.h"

#include <algorithm>
#include <cmath>

#include "core/analysis/evidence.h"
#include "core/analysis/floors.h"
#include "core/analysis/growth.h"
#include "core/base/order_statistics.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

using Point = Finding::Point;
using Points = std::vector<Point>;

constexpr double kLeastCoverage = 0.95;
constexpr size_t kUnmarkedWarmUpCycles = 2;
constexpr size_t kLeastReadings = 6;  // for any verdict on cycles
constexpr size_t kSureReadings = 10;  // for `leak`
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

std::string times(size_t n, const char* noun) {
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
                      double needed_seconds = 0) {
  finding.verdict = Verdict::inconclusive;
  finding.reason = std::move(reason);
  finding.needed_seconds = needed_seconds;
}

bool finite(const Points& points) {
  return std::ranges::all_of(points, [](const Point& p) {
    return std::isfinite(p.seconds) && std::isfinite(p.ops) &&
           std::isfinite(p.value);
  });
}

// One way of judging, on one series of readings.
class Judgement {
 public:
  Judgement(Finding& finding, const Evidence& evidence, const Points& dropped)
      : finding_(finding),
        evidence_(evidence),
        dropped_(dropped),
        trend_(evidence.slope.trend),
        rises_(count_rises(evidence.series)),
        growth_(classify_growth(evidence.series, evidence.delta.growing,
                                evidence.resolution)) {}

  // Repeated cycles: n retained readings.
  void decide_cycles(double seconds_per_cycle) {
    const size_t n = evidence_.series.size();
    const bool goes_on = goes_on_for_certain();
    if (goes_on && n >= kSureReadings) return set_leak();
    if (goes_on) {
      return set_suspect(
          "grows like a leak over " + times(n, "cycle") + "; " +
              std::to_string(kSureReadings) +
              " after the warm-up are needed to confirm it",
          static_cast<double>(kSureReadings - n) * seconds_per_cycle);
    }
    decide_unconfirmed();
  }

  // One long phase: its curve alone is never more than a suspicion.
  void decide_phase() {
    if (goes_on_for_certain()) return set_shape();
    decide_unconfirmed();
  }

 private:
  std::string slope_text(double slope) const {
    return format_slope(finding_, evidence_.axis, slope);
  }

  std::string amount(double value) const {
    return format_amount(finding_.resource, value);
  }

  // A few pages more are an allocator's ways, however regular they come.
  bool is_large() const {
    if (!is_bytes(finding_.resource)) return true;
    const double steps = rises_.net / evidence_.resolution;
    return steps >= (evidence_.flat() ? kManySteps : kFewSteps);
  }

  bool most_cycles_rise() const {
    return static_cast<double>(rises_.up) >=
           kMostRises * static_cast<double>(rises_.steps);
  }

  // Every guard of a leak: certain, in a shape that goes on, straight enough
  // for the cycles that rose, and not the work of a few bursts. A leak below
  // what is worth naming must be all the clearer.
  bool goes_on_for_certain() const {
    if (!evidence_.grows()) return false;
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

  void decide_unconfirmed() {
    // A few bytes more per operation are below notice; one handle is not.
    const bool handle_rises = !is_bytes(finding_.resource) && evidence_.grows();
    if (evidence_.flat() && !handle_rises) return set_none();
    const bool has_shape =
        growth_.shape == Shape::step ||
        (evidence_.grows() && growth_.shape != Shape::unclear);
    if (has_shape) return set_shape();
    if (levelled_off() || stopped_after_start()) return;
    if (evidence_.grows()) return set_open();
    set_undecided();
  }

  void set_leak() {
    const bool handles = !is_bytes(finding_.resource);
    finding_.verdict = Verdict::leak;
    finding_.confirmed_by = handles && most_cycles_rise()
                                ? Confirmation::integers
                                : Confirmation::cycles;
    finding_.reason =
        std::to_string(rises_.up) + " of " + times(rises_.steps, "cycle") +
        " retained more than the one before; " + amount(rises_.net) + " in all";
  }

  void set_none() {
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

  void set_suspect(std::string reason, double needed_seconds = 0) {
    finding_.verdict = Verdict::suspect;
    finding_.reason = std::move(reason);
    finding_.needed_seconds = needed_seconds;
  }

  void set_undecided() {
    set_inconclusive(finding_,
                     "growth of " + slope_text(evidence_.delta.none) +
                         " cannot be told from noise yet: between " +
                         slope_text(trend_.lo) + " and " +
                         slope_text(trend_.hi),
                     seconds_to_decide());
  }

  // Rose in the first half of the run, and the second half is level for
  // certain: a cache that is full, a warm-up that is over.
  bool levelled_off() {
    const Series& all = evidence_.series;
    const size_t begin = all.size() - std::max(kLeastReadings, all.size() / 2);
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

  // Grew fast at first, and since then not visibly, at most a twentieth as
  // fast.
  bool stopped_after_start() {
    if (dropped_.empty() || !std::isfinite(trend_.hi)) return false;
    const Point& first = dropped_.front();
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

  // The farther threshold is the sooner decided one.
  double seconds_to_decide() const {
    const double distance = std::max({evidence_.delta.none - trend_.slope,
                                      trend_.slope - evidence_.delta.growing,
                                      0.1 * evidence_.delta.none});
    const double longer =
        needed_span(evidence_.slope, distance) / evidence_.slope.span - 1;
    return evidence_.seconds * std::max(longer, 0.25);
  }

  double to_seconds(double x) const {
    return x / evidence_.axis.per_minute * 60;
  }

  void set_shape() {
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

  void set_open() {
    set_inconclusive(finding_,
                     "grows, but whether it goes on or slows down is open yet",
                     evidence_.seconds);
  }

  void set_saturating() {
    finding_.verdict = Verdict::saturating;
    finding_.plateau = growth_.plateau;
    finding_.needed_seconds = to_seconds(3 * growth_.tau);
    finding_.reason = "slows down towards " + amount(growth_.plateau) +
                      ", as a cache that fills; " +
                      how_long(finding_.needed_seconds) + " more would show it";
  }

  void set_step() {
    finding_.verdict = Verdict::step;
    finding_.plateau = evidence_.series.y.back();
    finding_.reason = "rose once by " + amount(growth_.step) + ", " +
                      percent(static_cast<double>(growth_.step_at) /
                              static_cast<double>(evidence_.series.size())) +
                      " into the run; level before and after";
  }

  Finding& finding_;
  const Evidence& evidence_;
  const Points& dropped_;
  const Trend& trend_;
  const Rises rises_;
  const Growth growth_;
};

void judge_cycles(Finding& finding, const CurveInput& input,
                  const VerdictOptions& options) {
  const size_t warm_up = input.warmup_marked ? 0 : kUnmarkedWarmUpCycles;
  const auto first =
      input.retained.begin() + static_cast<std::ptrdiff_t>(warm_up);
  const Points dropped(input.retained.begin(), first);
  finding.points.assign(first, input.retained.end());
  finding.cycles = static_cast<int64_t>(finding.points.size());
  const auto evidence = gather_evidence(input, options, finding.points);
  if (!evidence) {
    return set_inconclusive(finding, "its readings have no distance in time");
  }
  fill_estimates(finding, *evidence);
  const double seconds_per_cycle =
      evidence->seconds / static_cast<double>(finding.points.size() - 1);
  Judgement(finding, *evidence, dropped).decide_cycles(seconds_per_cycle);
}

// How much longer one phase must last for the fewest floors.
double missing_seconds(const Floors& floors, bool warmup_marked) {
  const double least = kBinSeconds * kBinsPerBlock * kLeastFloors;
  const double missing = std::max(least - floors.seconds, kBinSeconds);
  return warmup_marked ? missing : missing * 1.5;  // a third is dropped
}

void judge_phase(Finding& finding, const CurveInput& input,
                 const VerdictOptions& options) {
  Floors floors = reduce_to_floors(input.samples, input.warmup_marked);
  finding.points = std::move(floors.points);
  const auto evidence = gather_evidence(input, options, finding.points);
  if (evidence) fill_estimates(finding, *evidence);
  if (finding.points.size() < kLeastFloors || !evidence) {
    return set_inconclusive(finding,
                            "too short: " + how_long(floors.seconds) +
                                " of steady load and " +
                                times(input.retained.size(), "cycle"),
                            missing_seconds(floors, input.warmup_marked));
  }
  Judgement(finding, *evidence, floors.dropped).decide_phase();
}

}  // namespace

Finding judge(const CurveInput& input, const VerdictOptions& options) {
  Finding finding;
  finding.resource = input.resource;
  finding.op_name = input.op_name;
  if (!input.unusable.empty()) {
    set_inconclusive(finding, input.unusable);
    return finding;
  }
  if (!finite(input.retained) || !finite(input.samples)) {
    set_inconclusive(finding, "a reading is not a number");
    return finding;
  }
  const size_t warm_up = input.warmup_marked ? 0 : kUnmarkedWarmUpCycles;
  if (input.retained.size() >= warm_up + kLeastReadings) {
    judge_cycles(finding, input, options);
  } else {
    judge_phase(finding, input, options);
  }
  if (input.coverage < kLeastCoverage &&
      finding.verdict != Verdict::inconclusive) {
    finding.confirmed_by = Confirmation::none;
    set_inconclusive(finding, "only " + percent(input.coverage) +
                                  " of the readings were taken; " +
                                  percent(kLeastCoverage) + " are needed");
  }
  std::vector<Finding> alone{std::move(finding)};
  classify(alone);
  return std::move(alone.front());
}

}  // namespace tidemark
