#include "core/analysis/growth.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

#include "core/base/curve_fit.h"
#include "core/base/order_statistics.h"

namespace tidemark {
namespace {

constexpr double kNotable = 2;  // a difference in AICc that counts
// One that noise seldom makes: a logarithm this much better than the line
// still leaves the line in question.
constexpr double kSeldom = 4;
constexpr double kNever = std::numeric_limits<double>::infinity();

double sen_slope(const Series& series) {
  return theil_sen_slope(series.x, series.y).value_or(0);
}

// Robust slopes of the parts of a series.
struct PartSlopes {
  double first_half = 0, second_half = 0;
  double middle_third = 0, last_third = 0;
};

PartSlopes part_slopes(const Series& series) {
  const size_t n = series.size();
  return {sen_slope(series.part(0, n / 2)), sen_slope(series.part(n / 2, n)),
          sen_slope(series.part(n / 3, 2 * (n / 3))),
          sen_slope(series.part(n - n / 3, n))};
}

struct Fits {
  std::optional<CurveFit> line, saturating, both, log, step;
  double line_score = kNever, saturating_score = kNever;
  double both_score = kNever, log_score = kNever, step_score = kNever;
};

Fits fit_all(const Series& series, double resolution) {
  const size_t n = series.size();
  const double floor = resolution * resolution / 12;
  Fits fits{fit_line(series.x, series.y), fit_saturating(series.x, series.y),
            fit_both(series.x, series.y, n < 12 ? 3.0 : 2.5),
            fit_log(series.x, series.y),
            fit_step(series.x, series.y, std::max<size_t>(2, n / 5))};
  if (fits.line) fits.line_score = aicc(*fits.line, n, floor);
  if (fits.saturating) fits.saturating_score = aicc(*fits.saturating, n, floor);
  if (fits.both && fits.both->amplitude > 0) {
    fits.both_score = aicc(*fits.both, n, floor);
  }
  if (fits.log && fits.log->amplitude > 0) {
    fits.log_score = aicc(*fits.log, n, floor);
  }
  if (fits.step && fits.step->amplitude > 0) {
    fits.step_score = aicc(*fits.step, n, floor);
  }
  return fits;
}

// More than `delta` a unit of x in all, and next to nothing given back.
bool only_rises(const Rises& rises, const Series& series, double delta) {
  return rises.net > delta * series.span() && rises.drawdown <= 0.1 * rises.net;
}

std::vector<double> jumps_of(const Series& series) {
  std::vector<double> jumps;
  for (size_t i = 1; i < series.size(); ++i) {
    jumps.push_back(series.y[i] - series.y[i - 1]);
  }
  return jumps;
}

// A leak that comes in batches: level, jump, level, jump. A few rises make up
// nearly all growth, nothing is given back, and the jumps do not shrink.
bool is_stairs(const Series& series, double delta) {
  const Rises rises = count_rises(series);
  if (!only_rises(rises, series, delta)) return false;
  std::vector<double> jumps = jumps_of(series);
  const size_t last_third = jumps.size() - jumps.size() / 3;
  const double largest = *std::ranges::max_element(jumps);
  const double latest = *std::max_element(
      jumps.begin() + static_cast<std::ptrdiff_t>(last_third), jumps.end());
  std::ranges::sort(jumps, std::greater());
  const double few = std::accumulate(
      jumps.begin(),
      jumps.begin() + static_cast<std::ptrdiff_t>(jumps.size() / 3), 0.0);
  return few >= 0.8 * rises.net && latest >= 0.5 * largest;
}

// Stairs that stand out of the noise between them, the last as high as any,
// and the next not overdue: those of a capacity that doubles come ever later.
bool is_tall_stairs(const Series& series, double delta) {
  constexpr double kOutOfNoise = 6;
  constexpr double kLeastHeight = 0.05;  // of all growth
  constexpr double kOverdue = 1.6;       // of the way between the last two
  const Rises rises = count_rises(series);
  if (!only_rises(rises, series, delta)) return false;
  const std::vector<double> jumps = jumps_of(series);
  const double least =
      std::max(*median(jumps) + kOutOfNoise * *robust_deviation(jumps),
               kLeastHeight * rises.net);
  std::vector<size_t> tall;
  double height = 0;
  for (size_t i = 0; i < jumps.size(); ++i) {
    if (jumps[i] <= least) continue;
    tall.push_back(i);
    height += jumps[i];
  }
  if (tall.size() < 2 || height < 0.8 * rises.net) return false;
  const double highest = *std::ranges::max_element(jumps);
  if (jumps[tall.back()] < 0.7 * highest) return false;
  const double last = series.x[tall.back() + 1];
  const double before = series.x[tall[tall.size() - 2] + 1];
  return series.x.back() - last <= kOverdue * (last - before);
}

double explained(const CurveFit& fit, const Series& series) {
  const double centre = *mean(series.y);
  double total = 0;
  for (const double y : series.y) total += (y - centre) * (y - centre);
  return total > 0 ? 1 - fit.sse / total : 0;
}

// A step stands out of the noise on both its sides.
bool is_tall(const CurveFit& step, const Series& series) {
  const double variance = step.sse / static_cast<double>(series.size());
  return step.amplitude > 4 * std::sqrt(variance);
}

}  // namespace

Growth classify_growth(const Series& series, double delta, double resolution) {
  const Fits fits = fit_all(series, resolution);
  const PartSlopes slopes = part_slopes(series);
  Growth growth;
  const double curves =
      std::min({fits.line_score, fits.saturating_score, fits.both_score});
  if (fits.step_score + kNotable < curves && is_tall(*fits.step, series)) {
    growth.shape = Shape::step;
    growth.step_at = fits.step->at;
    growth.step = fits.step->amplitude;
    growth.explained = explained(*fits.step, series);
    return growth;
  }
  const bool goes_on = slopes.second_half > delta &&
                       slopes.second_half >= 0.6 * slopes.first_half;
  const bool goes_on_late = slopes.last_third > delta &&
                            slopes.last_third >= 0.75 * slopes.middle_third;
  const double slowing = std::min(fits.saturating_score, fits.log_score);
  if (is_tall_stairs(series, delta)) {
    growth.shape = Shape::stairs;
  } else if (fits.line_score <= curves + kNotable &&
             fits.line_score <= fits.log_score + kSeldom) {
    if (goes_on) growth.shape = Shape::line;
    growth.is_clear = fits.line_score <= fits.log_score;
    growth.explained = explained(*fits.line, series);
  } else if (fits.both_score + kNotable < slowing &&
             fits.both->slope_lo > delta && goes_on_late) {
    growth.shape = Shape::line_after_warm_up;
    growth.explained = explained(*fits.both, series);
  } else if (fits.saturating && slopes.second_half < 0.8 * slopes.first_half) {
    growth.shape = Shape::saturating;
    growth.plateau = fits.saturating->intercept + fits.saturating->amplitude;
    growth.tau = fits.saturating->tau;
    growth.explained = explained(*fits.saturating, series);
  }
  if (growth.shape == Shape::unclear && is_stairs(series, delta)) {
    growth.shape = Shape::stairs;
  }
  return growth;
}

Rises count_rises(const Series& series) {
  Rises rises;
  if (series.size() < 2) return rises;
  rises.steps = series.size() - 1;
  rises.net = series.y.back() - series.y.front();
  double high = series.y.front();
  for (size_t i = 1; i < series.size(); ++i) {
    rises.up += series.y[i] > series.y[i - 1];
    high = std::max(high, series.y[i]);
    rises.drawdown = std::max(rises.drawdown, high - series.y[i]);
  }
  return rises;
}

bool outlives_bursts(const Series& series, double delta) {
  const size_t steps = series.size() - 1;
  std::vector<double> rates, excess(steps);
  for (size_t i = 0; i < steps; ++i) {
    const double dx = series.x[i + 1] - series.x[i];
    if (dx > 0) rates.push_back((series.y[i + 1] - series.y[i]) / dx);
  }
  const double ordinary = median(rates).value_or(0);
  for (size_t i = 0; i < steps; ++i) {
    excess[i] = series.y[i + 1] - series.y[i] -
                ordinary * (series.x[i + 1] - series.x[i]);
  }
  std::vector<size_t> order(steps);
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(),
                           [&](size_t i) { return excess[i]; });
  order.resize((steps + 4) / 5);
  Series calm = series;
  for (const size_t i : order) {
    for (size_t j = i + 1; j < calm.size(); ++j) calm.y[j] -= excess[i];
  }
  const std::optional<Trend> trend = theil_sen(calm.x, calm.y, kSlopeAlpha);
  return trend && trend->lo > delta;
}

}  // namespace tidemark
