// The robust slope of a series, with an interval.
//
// Theil 1950 and Sen 1968: the median of the slopes between all pairs of
// points; its interval is made of ranks, so outliers and odd distributions do
// not matter. Hamed and Rao 1998: autocorrelation of the residuals widens it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tidemark {

enum class Autocorrelation : uint8_t { ignore, correct };

struct Trend {
  double slope = 0;
  double intercept = 0;  // median of y - slope * x
  // Each bound is crossed by the true slope with probability at most alpha;
  // infinite when there are too few points for that certainty.
  double lo = 0;
  double hi = 0;
  double p_rising = 1;  // of S or more, if nothing rose
  int64_t s = 0;        // Kendall's
  int64_t n = 0;
  double widened = 1;  // the Hamed-Rao factor on Var(S), >= 1
  bool exact = false;  // by the exact distribution of S, not the normal one
};

// x and y are as long; x ascends. Time and memory grow with n squared: reduce
// a long series first (4,000 points at most). Absent when x does not vary.
std::optional<Trend> theil_sen(
    std::span<const double> x, std::span<const double> y, double alpha = 0.01,
    Autocorrelation autocorrelation = Autocorrelation::ignore);

// The slope alone. Absent when x does not vary.
std::optional<double> theil_sen_slope(std::span<const double> x,
                                      std::span<const double> y);

// The factor on Var(S) for autocorrelation of y - slope * x, at least 1: only
// lags up to n/3 whose correlation of ranks exceeds 1.96 / sqrt(n) count.
double hamed_rao_factor(std::span<const double> x, std::span<const double> y,
                        double slope);

}  // namespace tidemark
