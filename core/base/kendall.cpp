#include "core/base/kendall.h"

#include <algorithm>
#include <cmath>

#include "core/base/order_statistics.h"

namespace tidemark {
namespace {

using Polynomial = std::vector<double>;

int sign(double value) { return (value > 0) - (value < 0); }

// The three tie sums of Kendall's variance.
struct TieSums {
  double pairs = 0, triples = 0, weighted = 0;
};

TieSums tie_sums(std::span<const double> values) {
  TieSums sums;
  for (const int64_t group : tie_groups(values)) {
    const auto t = static_cast<double>(group);
    sums.pairs += t * (t - 1);
    sums.triples += t * (t - 1) * (t - 2);
    sums.weighted += t * (t - 1) * (2 * t + 5);
  }
  return sums;
}

// Adds `scale` times `from`, its exponents raised by `shift`.
void add_scaled(Polynomial& to, const Polynomial& from, double scale,
                size_t shift) {
  to.resize(std::max(to.size(), from.size() + shift));
  for (size_t i = 0; i < from.size(); ++i) to[i + shift] += scale * from[i];
}

// P(inversions = k) between a smaller and b larger values in random order, by
// which kind stands last: a smaller one makes an inversion with every larger.
Polynomial inversions_between(size_t a, size_t b) {
  std::vector<Polynomial> row(b + 1, Polynomial{1.0});
  for (size_t i = 1; i <= a; ++i) {
    std::vector<Polynomial> next(b + 1);
    next[0] = {1.0};
    for (size_t j = 1; j <= b; ++j) {
      const auto all = static_cast<double>(i + j);
      add_scaled(next[j], next[j - 1], static_cast<double>(j) / all, 0);
      add_scaled(next[j], row[j], static_cast<double>(i) / all, j);
    }
    row = std::move(next);
  }
  return row[b];
}

Polynomial product(const Polynomial& a, const Polynomial& b) {
  Polynomial result(a.size() + b.size() - 1);
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) result[i + j] += a[i] * b[j];
  }
  return result;
}

}  // namespace

int64_t kendall_s(std::span<const double> x, std::span<const double> y) {
  int64_t s = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    for (size_t j = i + 1; j < y.size(); ++j) {
      s += sign(x[j] - x[i]) * sign(y[j] - y[i]);
    }
  }
  return s;
}

double kendall_variance(std::span<const double> x, std::span<const double> y) {
  const auto n = static_cast<double>(y.size());
  if (n < 2) return 0;
  const TieSums tx = tie_sums(x);
  const TieSums ty = tie_sums(y);
  double variance =
      (n * (n - 1) * (2 * n + 5) - tx.weighted - ty.weighted) / 18 +
      tx.pairs * ty.pairs / (2 * n * (n - 1));
  if (n > 2) {
    variance += tx.triples * ty.triples / (9 * n * (n - 1) * (n - 2));
  }
  return std::max(0.0, variance);
}

std::vector<double> kendall_distribution(std::span<const int64_t> groups) {
  Polynomial result{1.0};
  size_t placed = 0;
  for (const int64_t group : groups) {
    const auto size = static_cast<size_t>(group);
    result = product(result, inversions_between(placed, size));
    placed += size;
  }
  return result;
}

double kendall_upper_tail(std::span<const int64_t> groups, int64_t s) {
  const std::vector<double> probability = kendall_distribution(groups);
  const auto max = static_cast<int64_t>(probability.size()) - 1;
  double tail = 0;
  for (int64_t k = 0; k <= max && max - 2 * k >= s; ++k) {
    tail += probability[static_cast<size_t>(k)];
  }
  return std::min(1.0, tail);
}

std::optional<int64_t> kendall_critical(int64_t n, double alpha) {
  if (n < 2) return std::nullopt;
  const std::vector<int64_t> groups(static_cast<size_t>(n), 1);
  const std::vector<double> probability = kendall_distribution(groups);
  const int64_t max = n * (n - 1) / 2;
  double tail = 0;
  std::optional<int64_t> critical;
  for (size_t k = 0; k < probability.size(); ++k) {
    tail += probability[k];
    if (tail > alpha) break;
    critical = max - 2 * static_cast<int64_t>(k);
  }
  return critical;
}

}  // namespace tidemark
