#include "core/analysis/compare/regression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/analysis/compare/change_points.h"
#include "core/base/order_statistics.h"
#include "core/base/rank_tests.h"

namespace tidemark {
namespace {

constexpr double kMinor = 0.10, kMajor = 0.25, kCritical = 0.50;
constexpr double kNoiseWidth = 2;  // robust deviations

std::vector<double> finite(std::span<const double> values) {
  std::vector<double> kept;
  for (const double value : values) {
    if (std::isfinite(value)) kept.push_back(value);
  }
  return kept;
}

double scale_of(double level, double base) {
  return std::max(std::abs(level), base);
}

class RegressionJudge {
 public:
  RegressionJudge(std::vector<double> before, std::vector<double> after,
                  const Figure& figure, const RegressionOptions& options)
      : before_(std::move(before)),
        after_(std::move(after)),
        figure_(figure),
        options_(options) {}

  Regression judge(std::vector<double> history);

 private:
  void measure();
  void vote(std::vector<double> history);
  bool level_changed(std::vector<double> history) const;
  void decide();
  bool is_limited() const;
  std::string why_limited() const;
  // Turned so that more is worse.
  double badness(double change) const {
    return figure_.better == Better::less ? change : -change;
  }

  std::vector<double> before_, after_;
  Figure figure_;
  RegressionOptions options_;
  Regression result_;
  double scale_ = 1;
};

void RegressionJudge::measure() {
  result_.n_before = before_.size();
  result_.n_after = after_.size();
  if (before_.empty() || after_.empty()) return;
  result_.before = *median(before_);
  result_.after = *median(after_);
  scale_ = scale_of(result_.before, figure_.base);
  if (scale_ <= 0) scale_ = scale_of(result_.after, figure_.base);
  if (scale_ <= 0) scale_ = 1;
  const auto shift = hodges_lehmann(before_, after_, options_.alpha);
  result_.change = shift->value / scale_;
  if (std::isfinite(shift->lo)) result_.lo = shift->lo / scale_;
  if (std::isfinite(shift->hi)) result_.hi = shift->hi / scale_;
  const auto& end = figure_.better == Better::less ? result_.lo : result_.hi;
  if (end) result_.near_end = std::max(0.0, badness(*end));
  const auto test = mann_whitney(before_, after_);
  result_.p = figure_.better == Better::less ? test->p_greater : test->p_less;
  result_.noise = noise_floor(before_, figure_.base);
}

// A level that begins with the new runs, or the run before or after them.
bool RegressionJudge::level_changed(std::vector<double> history) const {
  const size_t boundary = history.size();
  history.insert(history.end(), after_.begin(), after_.end());
  for (const ChangePoint& point : change_points(history)) {
    const size_t away = point.index > boundary ? point.index - boundary
                                               : boundary - point.index;
    if (away <= 1 && badness(point.after - point.before) > 0) return true;
  }
  return false;
}

void RegressionJudge::vote(std::vector<double> history) {
  result_.ranks = result_.p <= options_.alpha;
  result_.effect = result_.near_end && *result_.near_end > result_.noise.share;
  const bool has_history =
      history.size() >= 2 * kLeastLevel && after_.size() >= kLeastLevel;
  if (has_history) result_.level = level_changed(std::move(history));
}

bool RegressionJudge::is_limited() const {
  return options_.capped || before_.size() < options_.least_runs ||
         after_.size() < options_.least_runs;
}

std::string RegressionJudge::why_limited() const {
  if (options_.capped) return "another testbed: a warning at most";
  return fmt::format(
      "runs: {} against {}; at least {} each are needed to be certain",
      after_.size(), before_.size(), options_.least_runs);
}

void RegressionJudge::decide() {
  Regression& r = result_;
  const double bad = badness(r.change);
  const int votes = static_cast<int>(r.ranks) + static_cast<int>(r.effect) +
                    static_cast<int>(r.level.value_or(false));
  const std::string noise = fmt::format("noise {:.1f} %{}", r.noise.share * 100,
                                        r.noise.learned ? "" : ", assumed");
  if (votes >= 2) {
    r.severity = severity_of(r.near_end.value_or(0));
    r.outcome = is_limited() ? Outcome::maybe_worse : Outcome::worse;
    r.reason = fmt::format("{} of {} signals, p = {:.2g}, {}", votes,
                           r.level ? 3 : 2, r.p, noise);
    if (is_limited()) r.reason += "; " + why_limited();
    return;
  }
  const bool is_small = bad <= std::max(r.noise.share, kMinor);
  if (bad > 0 && !is_small && is_limited()) {
    r.outcome = Outcome::maybe_worse;
    r.severity = severity_of(r.near_end.value_or(bad));
    r.reason = why_limited() + "; " + noise;
    return;
  }
  // The mirror image: certain, and beyond the noise.
  const auto& end = figure_.better == Better::less ? r.hi : r.lo;
  const auto test = mann_whitney(before_, after_);
  const double p =
      figure_.better == Better::less ? test->p_less : test->p_greater;
  const bool is_better =
      end && -badness(*end) > r.noise.share && p <= options_.alpha;
  r.outcome = is_better && !is_limited() ? Outcome::better : Outcome::same;
  r.reason = r.outcome == Outcome::better
                 ? fmt::format("p = {:.2g}, {}", p, noise)
             : bad > r.noise.share
                 ? "not certain: p = " + fmt::format("{:.2g}, ", r.p) + noise
                 : "within the " + noise;
}

Regression RegressionJudge::judge(std::vector<double> history) {
  measure();
  if (before_.empty() || after_.empty()) {
    result_.reason =
        before_.empty() ? "no run before has it" : "no run after has it";
    return std::move(result_);
  }
  vote(std::move(history));
  decide();
  return std::move(result_);
}

}  // namespace

NoiseFloor noise_floor(std::span<const double> runs, double base) {
  const std::vector<double> values = finite(runs);
  if (values.size() < kLeastForNoise) return {kDefaultNoise, false};
  const double scale = scale_of(*median(values), base);
  const double spread = *robust_deviation(values);
  const double share = scale > 0 ? kNoiseWidth * spread / scale : 0;
  return {std::max(kLeastNoise, share), true};
}

Regression judge_regression(std::span<const double> before,
                            std::span<const double> after, const Figure& figure,
                            const RegressionOptions& options,
                            std::span<const double> history) {
  RegressionJudge judge(finite(before), finite(after), figure, options);
  return judge.judge(finite(history));
}

Severity severity_of(double share) {
  if (!(share > 0)) return Severity::none;
  if (share < kMinor) return Severity::slight;
  if (share < kMajor) return Severity::minor;
  return share <= kCritical ? Severity::major : Severity::critical;
}

const char* outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::unknown: return "unknown";
    case Outcome::same: return "same";
    case Outcome::better: return "better";
    case Outcome::maybe_worse: return "maybe_worse";
    case Outcome::worse: return "worse";
  }
  return "unknown";
}

const char* severity_name(Severity severity) {
  switch (severity) {
    case Severity::none: return "none";
    case Severity::slight: return "slight";
    case Severity::minor: return "minor";
    case Severity::major: return "major";
    case Severity::critical: return "critical";
  }
  return "none";
}

}  // namespace tidemark
