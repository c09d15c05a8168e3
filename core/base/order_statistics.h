// Statistics of ordered samples: robust location and spread. Input is finite;
// callers reject NaN and infinities where foreign numbers enter.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tidemark {

// The quantile by linear interpolation on n - 1 (R's type 7, also k6's), q
// clamped to 0..1. Absent when there are no values.
std::optional<double> quantile(std::span<const double> values, double q);
std::optional<double> median(std::span<const double> values);
// Mean; absent when there are no values.
std::optional<double> mean(std::span<const double> values);

// Of the values as a sample (n - 1); absent: fewer than two.
std::optional<double> standard_deviation(std::span<const double> values);
// A robust standard deviation: 1.4826 times the median absolute deviation from
// the median. Where more than half the values are equal (pages, integers) that
// is 0 though the others differ; then 1.2533 times the mean absolute
// deviation. Absent when there are no values.
std::optional<double> robust_deviation(std::span<const double> values);
// The median absolute deviation from the median, unscaled.
std::optional<double> median_absolute_deviation(std::span<const double> values);

// Ranks from 1 in the order of `values`; equal values share their mean rank.
std::vector<double> mid_ranks(std::span<const double> values);
// How many values share each value: {1, 3} for {5, 7, 7, 7}.
std::vector<int64_t> tie_groups(std::span<const double> values);

}  // namespace tidemark
