#include "core/base/curve_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/order_statistics.h"

namespace tidemark {
namespace {

constexpr double kShortestTau = 0.08;  // of the span
constexpr double kLongestTau = 1.5;
constexpr double kTauStep = 1.15;

// x moved and scaled to 0..1: keeps the normal equations well conditioned.
struct UnitAxis {
  std::vector<double> u;
  double begin = 0;
  double span = 0;
};

std::optional<UnitAxis> unit_axis(std::span<const double> x, size_t least) {
  if (x.size() < least || x.empty() || !(x.back() > x.front())) {
    return std::nullopt;
  }
  UnitAxis axis{{}, x.front(), x.back() - x.front()};
  for (const double value : x) {
    axis.u.push_back((value - axis.begin) / axis.span);
  }
  return axis;
}

struct Line {
  double offset = 0, slope = 0, sse = 0, error = 0;
};

// Least squares of y on (1, g).
Line regress(std::span<const double> g, std::span<const double> y) {
  const double mean_g = *mean(g);
  const double mean_y = *mean(y);
  double sgg = 0, sgy = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    sgg += (g[i] - mean_g) * (g[i] - mean_g);
    sgy += (g[i] - mean_g) * (y[i] - mean_y);
  }
  Line line;
  line.slope = sgg > 0 ? sgy / sgg : 0;
  line.offset = mean_y - line.slope * mean_g;
  for (size_t i = 0; i < y.size(); ++i) {
    const double rest = y[i] - line.offset - line.slope * g[i];
    line.sse += rest * rest;
  }
  const auto n = static_cast<double>(y.size());
  if (n > 2 && sgg > 0) line.error = std::sqrt(line.sse / (n - 2) / sgg);
  return line;
}

std::vector<double> rise(std::span<const double> u, double tau) {
  std::vector<double> g(u.size());
  std::ranges::transform(u, g.begin(),
                         [&](double at) { return 1 - std::exp(-at / tau); });
  return g;
}

using Matrix3 = std::array<std::array<double, 3>, 3>;
using Vector3 = std::array<double, 3>;

// Solves m * x = v by elimination with pivots; absent when singular.
std::optional<Vector3> solve(Matrix3 m, Vector3 v) {
  for (size_t column = 0; column < 3; ++column) {
    size_t pivot = column;
    for (size_t row = column + 1; row < 3; ++row) {
      if (std::fabs(m[row][column]) > std::fabs(m[pivot][column])) pivot = row;
    }
    if (std::fabs(m[pivot][column]) < 1e-12) return std::nullopt;
    std::swap(m[pivot], m[column]);
    std::swap(v[pivot], v[column]);
    for (size_t row = 0; row < 3; ++row) {
      if (row == column) continue;
      const double factor = m[row][column] / m[column][column];
      for (size_t k = column; k < 3; ++k) m[row][k] -= factor * m[column][k];
      v[row] -= factor * v[column];
    }
  }
  for (size_t i = 0; i < 3; ++i) v[i] /= m[i][i];
  return v;
}

// y on (1, u, g) for one tau; on the unit axis.
std::optional<CurveFit> fit_both_at(std::span<const double> u,
                                    std::span<const double> y, double tau) {
  const std::vector<double> g = rise(u, tau);
  Matrix3 products{};
  Vector3 sums{};
  for (size_t i = 0; i < y.size(); ++i) {
    const Vector3 row{1, u[i], g[i]};
    for (size_t a = 0; a < 3; ++a) {
      sums[a] += row[a] * y[i];
      for (size_t b = 0; b < 3; ++b) products[a][b] += row[a] * row[b];
    }
  }
  const std::optional<Vector3> best = solve(products, sums);
  const std::optional<Vector3> inverse = solve(products, {0, 1, 0});
  if (!best || !inverse) return std::nullopt;
  CurveFit fit{(*best)[0], (*best)[1], (*best)[2], tau};
  for (size_t i = 0; i < y.size(); ++i) {
    const double rest =
        y[i] - fit.intercept - fit.slope * u[i] - fit.amplitude * g[i];
    fit.sse += rest * rest;
  }
  const double freedom = static_cast<double>(y.size()) - 4;
  fit.slope_error = std::sqrt(std::max(0.0, (*inverse)[1]) * fit.sse / freedom);
  fit.parameters = 5;
  if (fit.amplitude >= 0) return fit;
  const Line line = regress(u, y);  // growth that quickens: a plain line
  return CurveFit{line.offset, line.slope, 0,          tau, 0,
                  line.sse,    0,          line.error, 5};
}

void to_user_axis(CurveFit& fit, const UnitAxis& axis) {
  fit.slope /= axis.span;
  fit.slope_error /= axis.span;
  fit.slope_lo /= axis.span;
  fit.tau *= axis.span;
  fit.intercept -= fit.slope * axis.begin;
}

}  // namespace

std::optional<CurveFit> fit_line(std::span<const double> x,
                                 std::span<const double> y) {
  const std::optional<UnitAxis> axis = unit_axis(x, 2);
  if (!axis) return std::nullopt;
  const Line line = regress(axis->u, y);
  CurveFit fit{line.offset, line.slope, 0, 0, 0, line.sse, 0, line.error, 3};
  to_user_axis(fit, *axis);
  return fit;
}

std::optional<CurveFit> fit_saturating(std::span<const double> x,
                                       std::span<const double> y) {
  const std::optional<UnitAxis> axis = unit_axis(x, 4);
  if (!axis) return std::nullopt;
  std::optional<CurveFit> best;
  for (double tau = kShortestTau; tau <= kLongestTau; tau *= kTauStep) {
    const Line line = regress(rise(axis->u, tau), y);
    if (line.slope <= 0 || (best && line.sse >= best->sse)) continue;
    best = CurveFit{line.offset, 0, line.slope, tau, 0, line.sse, 0, 0, 4};
  }
  if (best) to_user_axis(*best, *axis);
  return best;
}

std::optional<CurveFit> fit_both(std::span<const double> x,
                                 std::span<const double> y, double reach) {
  const std::optional<UnitAxis> axis = unit_axis(x, 6);
  if (!axis) return std::nullopt;
  std::vector<CurveFit> fits;
  for (double tau = kShortestTau; tau <= kLongestTau; tau *= kTauStep) {
    if (auto fit = fit_both_at(axis->u, y, tau)) fits.push_back(*fit);
  }
  if (fits.empty()) return std::nullopt;
  CurveFit best = *std::ranges::min_element(fits, {}, &CurveFit::sse);
  const double freedom = static_cast<double>(y.size()) - 4;
  const double ruled_out = best.sse * (1 + reach * reach / freedom);
  best.slope_lo = best.slope;
  for (const CurveFit& fit : fits) {
    if (fit.sse > ruled_out) continue;
    best.slope_lo =
        std::min(best.slope_lo, fit.slope - reach * fit.slope_error);
  }
  to_user_axis(best, *axis);
  return best;
}

std::optional<CurveFit> fit_log(std::span<const double> x,
                                std::span<const double> y) {
  if (!unit_axis(x, 2) || !(x.front() > 0)) return std::nullopt;
  std::vector<double> g(x.size());
  std::ranges::transform(x, g.begin(), [](double at) { return std::log(at); });
  const Line line = regress(g, y);
  return CurveFit{line.offset, 0, line.slope, 0, 0, line.sse, 0, 0, 3};
}

std::optional<CurveFit> fit_step(std::span<const double> x,
                                 std::span<const double> y, size_t margin) {
  const size_t n = y.size();
  if (n < 2 || margin == 0 || n < 2 * margin || x.size() != n) {
    return std::nullopt;
  }
  std::vector<double> after(n);
  std::optional<CurveFit> best;
  for (size_t at = margin; at + margin <= n; ++at) {
    for (size_t i = 0; i < n; ++i) after[i] = i >= at ? 1 : 0;
    const Line line = regress(after, y);
    if (best && line.sse >= best->sse) continue;
    best = CurveFit{line.offset, 0, line.slope, 0, at, line.sse, 0, 0, 4};
  }
  return best;
}

double aicc(const CurveFit& fit, size_t n, double floor) {
  const auto count = static_cast<double>(n);
  const double p = fit.parameters;
  const double variance =
      std::max({fit.sse / count, floor, std::numeric_limits<double>::min()});
  const double small = std::max(1.0, count - p - 1);
  return count * std::log(variance) + 2 * p + 2 * p * (p + 1) / small;
}

}  // namespace tidemark
