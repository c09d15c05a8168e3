#include "core/base/rank_tests.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/distributions.h"
#include "core/base/order_statistics.h"

namespace tidemark {
namespace {

constexpr size_t kExactLimit = 40;

// The distribution of twice the rank sum of `chosen` out of these ranks (twice
// a mid-rank is whole), each choice as likely: [sum] -> probability.
std::vector<double> rank_sum_distribution(std::span<const double> ranks,
                                          size_t chosen) {
  std::vector<size_t> twice(ranks.size());
  std::ranges::transform(ranks, twice.begin(), [](double rank) {
    return static_cast<size_t>(std::lround(2 * rank));
  });
  const size_t top = std::accumulate(twice.begin(), twice.end(), size_t{0});
  // ways[k][s]: how many choices of k ranks sum to s; at most C(40, 20), which
  // a double holds exactly.
  std::vector<std::vector<double>> ways(chosen + 1,
                                        std::vector<double>(top + 1));
  ways[0][0] = 1;
  for (const size_t rank : twice) {
    for (size_t k = chosen; k > 0; --k) {
      for (size_t s = top; s >= rank; --s) ways[k][s] += ways[k - 1][s - rank];
    }
  }
  const double all =
      std::accumulate(ways[chosen].begin(), ways[chosen].end(), 0.0);
  for (double& way : ways[chosen]) way /= all;
  return std::move(ways[chosen]);
}

void exact_tails(MannWhitney& test, std::span<const double> ranks, size_t b,
                 double rank_sum) {
  const std::vector<double> probability = rank_sum_distribution(ranks, b);
  const auto at = static_cast<size_t>(std::lround(2 * rank_sum));
  const auto here = probability.begin() + static_cast<std::ptrdiff_t>(at);
  test.p_less = std::accumulate(probability.begin(), here + 1, 0.0);
  test.p_greater = std::accumulate(here, probability.end(), 0.0);
  test.exact = true;
}

double tied_variance(std::span<const double> all, double a, double b) {
  const double n = a + b;
  double ties = 0;
  for (const int64_t group : tie_groups(all)) {
    const auto t = static_cast<double>(group);
    ties += t * (t * t - 1);
  }
  return a * b / 12 * (n + 1 - ties / (n * (n - 1)));
}

void normal_tails(MannWhitney& test, std::span<const double> all, double a,
                  double b) {
  const double deviation = std::sqrt(tied_variance(all, a, b));
  if (deviation <= 0) return;  // all values equal: nothing to tell apart
  const double away = test.u - a * b / 2;
  test.p_greater = normal_upper_tail((away - 0.5) / deviation);
  test.p_less = normal_upper_tail((-away - 0.5) / deviation);
}

// The largest k with P(U < k) <= alpha, without ties: how many of the sorted
// differences may be left outside on each side.
size_t outside(size_t a, size_t b, double alpha) {
  if (a + b > kExactLimit) {
    const auto da = static_cast<double>(a);
    const auto db = static_cast<double>(b);
    const double deviation = std::sqrt(da * db * (da + db + 1) / 12);
    const double k =
        std::floor(da * db / 2 - normal_upper_quantile(alpha) * deviation);
    return k > 0 ? static_cast<size_t>(k) : 0;
  }
  std::vector<double> ranks(a + b);
  std::iota(ranks.begin(), ranks.end(), 1.0);
  const std::vector<double> probability = rank_sum_distribution(ranks, b);
  const size_t least = b * (b + 1);  // twice the rank sum where U = 0
  double tail = 0;
  size_t k = 0;
  while (least + 2 * k < probability.size()) {
    tail += probability[least + 2 * k];
    if (tail > alpha) break;
    ++k;
  }
  return k;
}

}  // namespace

std::optional<MannWhitney> mann_whitney(std::span<const double> a,
                                        std::span<const double> b) {
  if (a.empty() || b.empty()) return std::nullopt;
  std::vector<double> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  const std::vector<double> ranks = mid_ranks(all);
  const double rank_sum = std::accumulate(
      ranks.begin() + static_cast<std::ptrdiff_t>(a.size()), ranks.end(), 0.0);
  const auto size_a = static_cast<double>(a.size());
  const auto size_b = static_cast<double>(b.size());
  MannWhitney test;
  test.u = rank_sum - size_b * (size_b + 1) / 2;
  if (all.size() <= kExactLimit) {
    exact_tails(test, ranks, b.size(), rank_sum);
  } else {
    normal_tails(test, all, size_a, size_b);
  }
  test.p_two_sided = std::min(1.0, 2 * std::min(test.p_less, test.p_greater));
  return test;
}

std::optional<Shift> hodges_lehmann(std::span<const double> a,
                                    std::span<const double> b, double alpha) {
  if (a.empty() || b.empty()) return std::nullopt;
  std::vector<double> differences;
  differences.reserve(a.size() * b.size());
  for (const double from : a) {
    for (const double to : b) differences.push_back(to - from);
  }
  std::ranges::sort(differences);
  Shift shift;
  shift.value = *median(differences);
  const size_t out = outside(a.size(), b.size(), alpha);
  const double infinity = std::numeric_limits<double>::infinity();
  shift.lo = out > 0 ? differences[out - 1] : -infinity;
  shift.hi = out > 0 ? differences[differences.size() - out] : infinity;
  return shift;
}

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return p_values[i]; });
  std::vector<double> q(p_values.size());
  const auto m = static_cast<double>(p_values.size());
  double least = 1;
  for (size_t k = order.size(); k > 0; --k) {
    const size_t i = order[k - 1];
    least = std::min(least, p_values[i] * m / static_cast<double>(k));
    q[i] = least;
  }
  return q;
}

}  // namespace tidemark
