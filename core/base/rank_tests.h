// Two samples compared by ranks, for runs of one test against runs of another:
// no assumption about distributions, exact for the few runs there are.
//
// Sources: Mann and Whitney 1947; Hodges and Lehmann 1963.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tidemark {

struct MannWhitney {
  double u = 0;       // pairs in which b is larger, ties count half
  double p_less = 1;  // of b's ranks being as low, if nothing differs
  double p_greater = 1;
  double p_two_sided = 1;
  bool exact = false;
};

// Is b larger than a? Exact, ties included, up to 40 values in all; beyond by
// the normal distribution with ties and continuity. Absent when a or b is
// empty.
std::optional<MannWhitney> mann_whitney(std::span<const double> a,
                                        std::span<const double> b);

// By how much b is larger than a: the median of all differences b_j - a_i. The
// bounds are each crossed by the true shift with probability at most alpha;
// infinite when there are too few values for that.
struct Shift {
  double value = 0, lo = 0, hi = 0;
};
std::optional<Shift> hodges_lehmann(std::span<const double> a,
                                    std::span<const double> b,
                                    double alpha = 0.01);

// Benjamini and Hochberg 1995: the false-discovery rate at which each p-value
// would just be called, in the order given. For a report over many series.
std::vector<double> benjamini_hochberg(std::span<const double> p_values);

}  // namespace tidemark
