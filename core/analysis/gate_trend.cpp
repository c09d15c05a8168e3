#include "core/analysis/gate_trend.h"

#include <algorithm>

#include "core/base/order_statistics.h"
#include "core/base/trend.h"

namespace tidemark {
namespace {

constexpr size_t kMostPoints = 200;

// As many samples each, the last one may have fewer.
std::vector<GateSample> medians(const std::vector<GateSample>& samples) {
  const size_t each = (samples.size() + kMostPoints - 1) / kMostPoints;
  if (each <= 1) return samples;
  std::vector<GateSample> points;
  std::vector<double> values;
  for (size_t i = 0; i < samples.size(); i += each) {
    const size_t end = std::min(i + each, samples.size());
    values.clear();
    for (size_t k = i; k < end; ++k) values.push_back(samples[k].value);
    points.push_back({samples[i + (end - i) / 2].time,
                      median(values).value_or(samples[i].value)});
  }
  return points;
}

}  // namespace

std::optional<GateTrend> gate_trend(const std::vector<GateSample>& samples,
                                    const GateAxis& axis, double limit,
                                    double alpha) {
  constexpr size_t kLeast = 3;
  if (samples.size() < kLeast) return std::nullopt;
  std::vector<double> x, y, above, below;
  for (const GateSample& point : medians(samples)) {
    x.push_back(axis(point.time));
    y.push_back(point.value);
    above.push_back(y.back() - limit * x.back());
    below.push_back(-above.back());
  }
  const auto trend = theil_sen(x, y, alpha, Autocorrelation::correct);
  if (!trend) return std::nullopt;
  GateTrend result{trend->slope,
                   trend->lo,
                   trend->hi,
                   static_cast<int64_t>(samples.size()),
                   1,
                   1};
  if (const auto t = theil_sen(x, above, alpha, Autocorrelation::correct)) {
    result.p_above = t->p_rising;
  }
  if (const auto t = theil_sen(x, below, alpha, Autocorrelation::correct)) {
    result.p_below = t->p_rising;
  }
  return result;
}

}  // namespace tidemark
