#include "core/analysis/compare/change_points.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "core/base/distributions.h"
#include "core/base/order_statistics.h"

namespace tidemark {
namespace {

using Values = std::span<const double>;

constexpr double kLoose = 10;  // times alpha, while points are searched for

double mean_of(Values values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(values.size());
}

double squares(Values values, double mean) {
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum;
}

// Two-sided, of two samples whose spread is taken as one.
double student_p(Values a, Values b) {
  const double n_a = static_cast<double>(a.size());
  const double n_b = static_cast<double>(b.size());
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  const double degrees = n_a + n_b - 2;
  const double pooled =
      (squares(a, mean_a) + squares(b, mean_b)) / degrees * (1 / n_a + 1 / n_b);
  const double apart = std::abs(mean_b - mean_a);
  if (apart == 0) return 1;
  if (pooled <= 0) return 0;
  return std::min(1.0,
                  2 * student_upper_tail(apart / std::sqrt(pooled), degrees));
}

double distances(Values a, Values b) {
  double sum = 0;
  for (const double x : a) {
    for (const double y : b) sum += std::abs(x - y);
  }
  return sum;
}

// How different the two sides of `at` are: the energy distance, scaled.
double divergence(Values values, size_t at) {
  const Values a = values.first(at), b = values.subspan(at);
  const double n_a = static_cast<double>(a.size());
  const double n_b = static_cast<double>(b.size());
  const double between = 2 * distances(a, b) / (n_a * n_b);
  const double within_a = distances(a, a) / (n_a * (n_a - 1));
  const double within_b = distances(b, b) / (n_b * (n_b - 1));
  return n_a * n_b / (n_a + n_b) * (between - within_a - within_b);
}

std::optional<size_t> best_split(Values values) {
  std::optional<size_t> best;
  double most = 0;
  for (size_t at = kLeastLevel; at + kLeastLevel <= values.size(); ++at) {
    const double here = divergence(values, at);
    if (!best || here > most) {
      best = at;
      most = here;
    }
  }
  return best;
}

void split(Values values, size_t offset, double alpha,
           std::vector<size_t>& points) {
  const auto at = best_split(values);
  if (!at) return;
  if (student_p(values.first(*at), values.subspan(*at)) > alpha) return;
  split(values.first(*at), offset, alpha, points);
  points.push_back(offset + *at);
  split(values.subspan(*at), offset + *at, alpha, points);
}

// The value range of the level that point `i` begins.
Values level(Values values, const std::vector<size_t>& points, size_t i) {
  const size_t from = i == 0 ? 0 : points[i - 1];
  const size_t to = i < points.size() ? points[i] : values.size();
  return values.subspan(from, to - from);
}

// Drops the weakest point until all hold.
void merge(Values values, double alpha, std::vector<size_t>& points) {
  while (!points.empty()) {
    size_t weakest = 0;
    double most = -1;
    for (size_t i = 0; i < points.size(); ++i) {
      const double p =
          student_p(level(values, points, i), level(values, points, i + 1));
      if (p > most) {
        most = p;
        weakest = i;
      }
    }
    if (most <= alpha) return;
    points.erase(points.begin() + static_cast<std::ptrdiff_t>(weakest));
  }
}

}  // namespace

std::vector<ChangePoint> change_points(Values values, double alpha) {
  std::vector<size_t> points;
  split(values, 0, std::min(0.05, kLoose * alpha), points);
  merge(values, alpha, points);
  std::vector<ChangePoint> found;
  for (size_t i = 0; i < points.size(); ++i) {
    const Values before = level(values, points, i);
    const Values after = level(values, points, i + 1);
    found.push_back({points[i], median(before).value_or(0),
                     median(after).value_or(0), student_p(before, after)});
  }
  return found;
}

}  // namespace tidemark
