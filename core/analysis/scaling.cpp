#include "core/analysis/scaling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

namespace tidemark {
namespace {

constexpr double kNear = 1.5;     // times the most users that were measured
constexpr double kWorthIt = 0.2;  // of the share that users should bring

using Coefficients = std::array<double, 3>;  // 1/lambda times 1, sigma, kappa

// N / X is linear in them; each row weighed by X, so that the errors are
// shares of the throughput.
Coefficients row_of(const LoadPoint& point) {
  const double n = point.users;
  return {1, n - 1, n * (n - 1)};
}

// Normal equations of the columns in `used`, by Gaussian elimination; absent
// when they do not tell the columns apart.
std::optional<Coefficients> solve(std::span<const LoadPoint> points,
                                  const std::vector<size_t>& used) {
  const size_t m = used.size();
  std::vector<std::vector<double>> a(m, std::vector<double>(m + 1));
  for (const LoadPoint& point : points) {
    const Coefficients row = row_of(point);
    const double weight =
        point.per_second * point.per_second / (point.users * point.users);
    const double target = point.users / point.per_second;
    for (size_t i = 0; i < m; ++i) {
      for (size_t k = 0; k < m; ++k) {
        a[i][k] += weight * row[used[i]] * row[used[k]];
      }
      a[i][m] += weight * row[used[i]] * target;
    }
  }
  for (size_t i = 0; i < m; ++i) {
    size_t pivot = i;
    for (size_t k = i; k < m; ++k) {
      if (std::abs(a[k][i]) > std::abs(a[pivot][i])) pivot = k;
    }
    std::swap(a[i], a[pivot]);
    if (std::abs(a[i][i]) < 1e-12 * std::abs(a[0][0])) return std::nullopt;
    for (size_t k = 0; k < m; ++k) {
      if (k == i) continue;
      const double factor = a[k][i] / a[i][i];
      for (size_t j = i; j <= m; ++j) a[k][j] -= factor * a[i][j];
    }
  }
  Coefficients found{};
  for (size_t i = 0; i < m; ++i) found[used[i]] = a[i][m] / a[i][i];
  return found;
}

double misfit(std::span<const LoadPoint> points, const Coefficients& c) {
  double sum = 0;
  for (const LoadPoint& point : points) {
    const Coefficients row = row_of(point);
    const double whole = c[0] * row[0] + c[1] * row[1] + c[2] * row[2];
    const double error = whole * point.per_second / point.users - 1;
    sum += error * error;
  }
  return sum;
}

// The best of the fits whose coefficients are not negative.
std::optional<Coefficients> best_fit(std::span<const LoadPoint> points) {
  static const std::vector<std::vector<size_t>> kSubsets = {
      {0, 1, 2}, {0, 1}, {0, 2}, {0}};
  std::optional<Coefficients> best;
  for (const std::vector<size_t>& used : kSubsets) {
    const auto fit = solve(points, used);
    const bool is_sound =
        fit && (*fit)[0] > 0 && (*fit)[1] >= 0 && (*fit)[2] >= 0;
    if (!is_sound) continue;
    if (!best || misfit(points, *fit) < misfit(points, *best)) best = fit;
  }
  return best;
}

void find_peak(Scaling& scaling, double most_users) {
  if (scaling.kappa > 0 && scaling.sigma < 1) {
    const double peak =
        std::max(1.0, std::sqrt((1 - scaling.sigma) / scaling.kappa));
    scaling.peak_users = peak;
    scaling.peak_per_second = scaling.at(peak);
    scaling.peak_is_near = peak <= kNear * most_users;
  } else if (scaling.sigma > 0) {
    scaling.peak_per_second = scaling.lambda / scaling.sigma;
  }
}

}  // namespace

std::optional<Scaling> fit_scaling(std::span<const LoadPoint> points) {
  std::set<double> users;
  double most = 0;
  for (const LoadPoint& point : points) {
    if (!(point.users > 0) || !(point.per_second > 0)) return std::nullopt;
    users.insert(point.users);
    most = std::max(most, point.users);
  }
  if (users.size() < 3) return std::nullopt;
  const auto fit = best_fit(points);
  if (!fit) return std::nullopt;
  Scaling scaling;
  scaling.lambda = 1 / (*fit)[0];
  scaling.sigma = (*fit)[1] / (*fit)[0];
  scaling.kappa = (*fit)[2] / (*fit)[0];
  for (const LoadPoint& point : points) {
    const double error = scaling.at(point.users) / point.per_second - 1;
    scaling.worst_error = std::max(scaling.worst_error, std::abs(error));
  }
  find_peak(scaling, most);
  return scaling;
}

std::optional<size_t> throughput_knee(std::span<const LoadPoint> points) {
  if (points.size() < 3) return std::nullopt;
  for (size_t i = 1; i < points.size(); ++i) {
    const double gain = points[i].per_second / points[i - 1].per_second - 1;
    const double share = points[i].users / points[i - 1].users - 1;
    if (gain < kWorthIt * share) return i - 1;
  }
  return std::nullopt;
}

}  // namespace tidemark
