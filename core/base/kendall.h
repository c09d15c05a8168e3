// Kendall's S: how often a series rises between two of its points, minus how
// often it falls, and its distribution when there is no trend.
//
// Sources: Kendall, Rank Correlation Methods (1975), for ties; the exact
// distribution is that of the inversions of a multiset permutation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tidemark {

// Up to here the exact distribution is used (and above, the normal one).
inline constexpr int64_t kExactKendallLimit = 20;

// Sum over i < j of sgn(x_j - x_i) * sgn(y_j - y_i). x and y are as long.
int64_t kendall_s(std::span<const double> x, std::span<const double> y);
// Var(S) without a trend, given ties in x and in y.
double kendall_variance(std::span<const double> x, std::span<const double> y);

// P(S = max - 2k) for k = 0, 1, ..., where max = sum over i < j of groups of
// t_i * t_j, when every order of the values is as likely; `groups` are the
// sizes of the ties (all 1 when there are none).
std::vector<double> kendall_distribution(std::span<const int64_t> groups);
// P(S >= s) for a series whose ties are `groups`, all x different.
double kendall_upper_tail(std::span<const int64_t> groups, int64_t s);
// The smallest S of n values without ties that is reached with probability at
// most alpha; absent when even the largest is likelier (n too small). With
// alpha = 0.01: n = 5: 10, 6: 13, 8: 20, 10: 27, 12: 36, 20: 72.
std::optional<int64_t> kendall_critical(int64_t n, double alpha);

}  // namespace tidemark
