// Is a figure worse than it was? Judged from runs, each of which is one value:
// the runs are the unit of replication, not the samples in them.
//
// Three signals vote, and two are needed: the runs' ranks (exact Mann-Whitney),
// the near end of the interval of the shift (Hodges-Lehmann) beyond the noise
// of the figure, and a change of level in the history at these runs. Where
// there is no history the other two must agree. Pure and deterministic.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tidemark {

enum class Better : uint8_t { less, more };

enum class Outcome : uint8_t {
  unknown,      // one side has no value
  same,         // no difference beyond the noise
  better,       // for certain
  maybe_worse,  // it looks so; too few runs, or another testbed: a warning
  worse,        // for certain: a regression
};
// On the near end of the interval, in percent of what it was.
enum class Severity : uint8_t { none, slight, minor, major, critical };

struct RegressionOptions {
  double alpha = 0.01;  // of each end of the interval, and of the ranks
  // Fewer runs on a side only warn: with 4 the smallest p is 1/70.
  size_t least_runs = 5;
  bool capped = false;  // another testbed: at most a warning
};

// How much a figure differs between runs of one thing, as a share of its level.
struct NoiseFloor {
  double share = 0;
  bool learned = false;  // from runs; else the default
};
// What is assumed while fewer than kLeastForNoise runs are known.
inline constexpr double kDefaultNoise = 0.10;
inline constexpr size_t kLeastForNoise = 5;
// No figure of a whole system is taken to be steadier.
inline constexpr double kLeastNoise = 0.02;
// Twice the robust deviation of the runs, at least kLeastNoise. `base`: as in
// Figure.
NoiseFloor noise_floor(std::span<const double> runs, double base);

struct Figure {
  Better better = Better::less;
  // Percentages are of the larger of the level and this: the smallest level at
  // which a percentage means something.
  double base = 0;
};

struct Regression {
  Outcome outcome = Outcome::unknown;
  Severity severity = Severity::none;  // of worse and maybe_worse
  size_t n_before = 0, n_after = 0;
  double before = 0, after = 0;  // medians of the runs
  // The shift and its interval as shares of `before`: 0.12 is 12 % more. The
  // interval is absent while there are too few runs for one.
  double change = 0;
  std::optional<double> lo, hi;
  std::optional<double> near_end;  // of the interval, in the bad direction
  double p = 1;  // one-sided, of ranks as bad if nothing had changed
  NoiseFloor noise;
  // The votes for worse; the third is absent without history.
  bool ranks = false, effect = false;
  std::optional<bool> level;
  std::string reason;  // one clause
};

// `history`: the figures of earlier runs in order of time, with `before` at
// its end; may be empty. Values that are not finite are left out.
Regression judge_regression(std::span<const double> before,
                            std::span<const double> after, const Figure& figure,
                            const RegressionOptions& options = {},
                            std::span<const double> history = {});

// The band of a change for the worse: minor from 10 %, major from 25 %,
// critical above 50 %; below 10 % slight.
Severity severity_of(double share);

// "same", "worse", … and "minor", ….
const char* outcome_name(Outcome outcome);
const char* severity_name(Severity severity);

}  // namespace tidemark
