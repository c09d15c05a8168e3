// Least-squares fits of the shapes that memory takes, and the criterion that
// chooses between them: a line (a leak), a saturating exponential (a cache
// that fills), both (a leak after a warm-up), a logarithm, one step.
//
// Source of the criterion: Hurvich and Tsai 1989 (AICc).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tidemark {

// y = intercept + slope * x + amplitude * (1 - exp(-(x - x_0) / tau)); what a
// shape lacks is 0. A step: intercept before `at`, intercept + amplitude from
// there on.
struct CurveFit {
  double intercept = 0;
  double slope = 0;
  double amplitude = 0;
  double tau = 0;
  size_t at = 0;
  double sse = 0;          // sum of squared residuals
  double slope_lo = 0;     // fit_both: the lower bound of slope over all tau
  double slope_error = 0;  // standard error of slope
  int parameters = 0;      // with the variance
};

// All: x ascends and is as long as y; absent when x does not vary or there are
// fewer points than the shape needs.
std::optional<CurveFit> fit_line(std::span<const double> x,
                                 std::span<const double> y);
// amplitude > 0 only (growth that slows), tau between 0.08 and 1.5 spans.
std::optional<CurveFit> fit_saturating(std::span<const double> x,
                                       std::span<const double> y);
// amplitude > 0 only. slope_lo: the smallest slope - reach * error over every
// tau that the data do not rule out at `reach` standard deviations.
std::optional<CurveFit> fit_both(std::span<const double> x,
                                 std::span<const double> y, double reach = 2.5);
// y = intercept + amplitude * ln(x), growth that slows without a plateau (new
// keys of an unbounded cache); x counts from the start. Absent unless x > 0.
std::optional<CurveFit> fit_log(std::span<const double> x,
                                std::span<const double> y);
// One step up or down, at least `margin` points from both ends.
std::optional<CurveFit> fit_step(std::span<const double> x,
                                 std::span<const double> y, size_t margin = 2);

// The corrected Akaike criterion: smaller is better, 2 is a noticeable
// difference. `floor` is the variance below which residuals mean nothing (the
// instrument's own), so that exact fits compare by their number of parameters.
double aicc(const CurveFit& fit, size_t n, double floor);

}  // namespace tidemark
