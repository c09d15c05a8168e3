// How figures went over the runs that were kept: their values in order of time
// and where their level changed. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/compare/change_points.h"
#include "core/analysis/compare/comparison.h"

namespace tidemark {

struct FigureTrend {
  struct Point {
    int64_t begin_ns = 0;  // Unix time of the run
    std::string commit, run;
    double value = 0;
  };
  FigureKey key;
  FigureInfo info;
  std::vector<Point> points;         // oldest first
  std::vector<ChangePoint> changes;  // indices into points
  // Of the last level against the first (the points themselves when the level
  // never changed): a share of the first.
  double change = 0;
  // A steady drift inside of the last level, per day, when it is certain
  // (Theil-Sen, 99 %).
  std::optional<double> drift_per_day;

  // The last change of level, or the drift, is for the worse.
  bool worsens() const;
};

// The figures of runs that are in order of time and of one scenario, those
// that worsened first. A figure of fewer than two runs has no trend.
std::vector<FigureTrend> trends_of(std::span<const Baseline> runs);

// The runs of the last days before the newest one.
std::vector<Baseline> last_days(std::span<const Baseline> runs, double days);

// Eight levels from the least to the most value, at most `width` characters;
// of more points each shows the median of some. Equal values are all "▄".
std::string sparkline(std::span<const double> values, size_t width);

}  // namespace tidemark
