#include "core/base/trend.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/kendall.h"
#include "core/base/order_statistics.h"

namespace tidemark {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> pair_slopes(std::span<const double> x,
                                std::span<const double> y) {
  std::vector<double> slopes;
  slopes.reserve(y.size() * (y.size() - std::min<size_t>(1, y.size())) / 2);
  for (size_t i = 0; i < y.size(); ++i) {
    for (size_t j = i + 1; j < y.size(); ++j) {
      if (x[j] != x[i]) slopes.push_back((y[j] - y[i]) / (x[j] - x[i]));
    }
  }
  return slopes;
}

std::vector<double> residuals(std::span<const double> x,
                              std::span<const double> y, double slope) {
  std::vector<double> result(y.begin(), y.end());
  for (size_t i = 0; i < y.size(); ++i) result[i] -= slope * x[i];
  return result;
}

bool all_different(std::span<const double> ascending) {
  return std::ranges::adjacent_find(ascending) == ascending.end();
}

// How far S must be from 0 to differ from it with certainty alpha, less the
// step of 2 that turns a test into an interval; absent: never that certain.
std::optional<double> interval_reach(const Trend& trend, double variance,
                                     double alpha) {
  const double normal =
      normal_upper_quantile(alpha) * std::sqrt(variance * trend.widened);
  if (!trend.exact) return normal;
  const std::optional<int64_t> critical = kendall_critical(trend.n, alpha);
  if (!critical) return std::nullopt;
  const double exact = static_cast<double>(*critical) - 2;
  return trend.widened > 1 ? std::max(exact, normal) : exact;
}

// The bounds are slopes by rank: (N - C) / 2 from below, and from above.
void set_bounds(Trend& trend, const std::vector<double>& sorted_slopes,
                std::optional<double> reach) {
  const auto count = static_cast<double>(sorted_slopes.size());
  const double rank = reach ? std::floor((count - *reach) / 2) : 0;
  if (rank < 1) {
    trend.lo = -kInfinity;
    trend.hi = kInfinity;
    return;
  }
  const auto index = static_cast<size_t>(rank) - 1;
  trend.lo = sorted_slopes[index];
  trend.hi = sorted_slopes[sorted_slopes.size() - 1 - index];
}

double p_of_rise(const Trend& trend, double variance,
                 std::span<const double> y) {
  if (trend.exact && trend.widened == 1) {
    return kendall_upper_tail(tie_groups(y), trend.s);
  }
  if (variance <= 0) return 1;
  // S moves in steps of 2: half a step of continuity correction.
  const double s = static_cast<double>(trend.s) - 1;
  return normal_upper_tail(s / std::sqrt(variance * trend.widened));
}

}  // namespace

double hamed_rao_factor(std::span<const double> x, std::span<const double> y,
                        double slope) {
  const size_t count = y.size();
  if (count < 4) return 1;
  const auto n = static_cast<double>(count);
  std::vector<double> rank = mid_ranks(residuals(x, y, slope));
  double power = 0;
  for (double& r : rank) {
    r -= (n + 1) / 2;
    power += r * r;
  }
  if (power == 0) return 1;
  double sum = 0;
  for (size_t lag = 1; lag <= count / 3; ++lag) {
    double product = 0;
    for (size_t i = 0; i + lag < count; ++i) product += rank[i] * rank[i + lag];
    const double correlation = product / power;
    if (std::fabs(correlation) <= 1.96 / std::sqrt(n)) continue;
    const double left = n - static_cast<double>(lag);
    sum += left * (left - 1) * (left - 2) * correlation;
  }
  return std::max(1.0, 1 + 2 / (n * (n - 1) * (n - 2)) * sum);
}

std::optional<Trend> theil_sen(std::span<const double> x,
                               std::span<const double> y, double alpha,
                               Autocorrelation autocorrelation) {
  std::vector<double> slopes = pair_slopes(x, y);
  if (slopes.empty()) return std::nullopt;
  std::ranges::sort(slopes);
  Trend trend;
  trend.n = static_cast<int64_t>(y.size());
  trend.slope = *median(slopes);
  trend.intercept = *median(residuals(x, y, trend.slope));
  trend.s = kendall_s(x, y);
  trend.exact = trend.n <= kExactKendallLimit && all_different(x);
  if (autocorrelation == Autocorrelation::correct) {
    trend.widened = hamed_rao_factor(x, y, trend.slope);
  }
  const double variance = kendall_variance(x, y);
  // A slope other than the true one unties equal values: the interval rests
  // on the variance without ties in y, the test of "no rise" on that with.
  std::vector<double> untied(y.size());
  std::iota(untied.begin(), untied.end(), 0.0);
  const double interval_variance = kendall_variance(x, untied);
  set_bounds(trend, slopes, interval_reach(trend, interval_variance, alpha));
  trend.p_rising = p_of_rise(trend, variance, y);
  return trend;
}

std::optional<double> theil_sen_slope(std::span<const double> x,
                                      std::span<const double> y) {
  return median(pair_slopes(x, y));
}

}  // namespace tidemark
