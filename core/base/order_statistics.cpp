#include "core/base/order_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tidemark {
namespace {

std::vector<double> deviations(std::span<const double> values, double centre) {
  std::vector<double> result(values.begin(), values.end());
  for (double& value : result) value = std::fabs(value - centre);
  return result;
}

}  // namespace

std::optional<double> quantile(std::span<const double> values, double q) {
  if (values.empty()) return std::nullopt;
  std::vector<double> copy(values.begin(), values.end());
  const double at =
      std::clamp(q, 0.0, 1.0) * static_cast<double>(copy.size() - 1);
  const auto index = static_cast<size_t>(at);
  const auto low = copy.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(copy.begin(), low, copy.end());
  if (index + 1 == copy.size()) return *low;
  const double next = *std::min_element(low + 1, copy.end());
  return *low + (next - *low) * (at - static_cast<double>(index));
}

std::optional<double> median(std::span<const double> values) {
  return quantile(values, 0.5);
}

std::optional<double> mean(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(values.size());
}

std::optional<double> standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double middle = *mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - middle) * (value - middle);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

std::optional<double> median_absolute_deviation(
    std::span<const double> values) {
  const std::optional<double> centre = median(values);
  if (!centre) return std::nullopt;
  return median(deviations(values, *centre));
}

std::optional<double> robust_deviation(std::span<const double> values) {
  const std::optional<double> centre = median(values);
  if (!centre) return std::nullopt;
  const std::vector<double> apart = deviations(values, *centre);
  const double mad = *median(apart);
  return mad > 0 ? 1.4826 * mad : 1.2533 * *mean(apart);
}

std::vector<double> mid_ranks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) {
      ++end;
    }
    const double rank = static_cast<double>(begin + 1 + end) / 2;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
    begin = end;
  }
  return ranks;
}

std::vector<int64_t> tie_groups(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  std::vector<int64_t> groups;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0 && sorted[i] == sorted[i - 1]) {
      ++groups.back();
    } else {
      groups.push_back(1);
    }
  }
  return groups;
}

}  // namespace tidemark
