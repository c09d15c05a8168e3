#include "core/analysis/slope.h"

#include <algorithm>
#include <cmath>

#include "core/base/order_statistics.h"

namespace tidemark {

Series Series::part(size_t begin, size_t end) const {
  const auto from = static_cast<std::ptrdiff_t>(begin);
  const auto to = static_cast<std::ptrdiff_t>(end);
  return {{x.begin() + from, x.begin() + to},
          {y.begin() + from, y.begin() + to}};
}

std::optional<Slope> estimate_slope(const Series& series, double resolution) {
  const std::optional<Trend> trend =
      theil_sen(series.x, series.y, kSlopeAlpha, Autocorrelation::correct);
  if (!trend) return std::nullopt;
  std::vector<double> rest(series.y);
  for (size_t i = 0; i < rest.size(); ++i) {
    rest[i] -= trend->intercept + trend->slope * series.x[i];
  }
  Slope slope{*trend, series.span()};
  // A reading rounded to steps is off by a uniform error: step / sqrt(12).
  slope.noise = std::max(*robust_deviation(rest), resolution / std::sqrt(12.0));
  const auto n = static_cast<double>(series.size());
  slope.min_detectable =
      kDetectReach * slope.noise * std::sqrt(12 / n) / slope.span;
  return slope;
}

double needed_span(const Slope& slope, double distance) {
  if (!(distance > 0)) return 0;
  // The detectable slope falls with span^1.5, as readings grow with the span.
  return slope.span * std::pow(slope.min_detectable / distance, 2.0 / 3);
}

}  // namespace tidemark
