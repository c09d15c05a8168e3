// Runs held against runs: every figure that both sides have, judged, worst
// first. Pure.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/compare/baseline.h"
#include "core/analysis/compare/regression.h"
#include "core/base/result.h"

namespace tidemark {

// One figure of a run, and where it is found in a baseline.
struct FigureKey {
  std::string phase;      // "" = the whole run
  std::string subject;    // a role; "" = all clients
  std::string metric;     // "rss_anon", "span.checkout", "errors.request"
  std::string statistic;  // "median", "peak", "p95", "per op", "per second",
                          // "share", "retained"

  auto operator<=>(const FigureKey&) const = default;
};

struct FigureInfo {
  Figure figure;
  GateDimension dimension = GateDimension::count;
  std::string unit;  // "bytes", "seconds/op", …
};

struct ComparedFigure {
  FigureKey key;
  FigureInfo info;
  // One per run, in the order of the runs.
  std::vector<double> before, after;
  Regression result;
};

struct Comparison {
  std::string before, after;  // what the two sides are called
  std::vector<const Baseline*> before_runs, after_runs;
  std::vector<std::string> testbed_differences;  // in words
  std::vector<ComparedFigure> figures;           // worst first
  std::vector<std::string> remarks;  // what could not be compared, and why
  // How many earlier runs the change of level was looked for in; 0 = none.
  size_t history = 0;

  Outcome outcome() const;    // the worst
  Severity severity() const;  // the worst of what is worse for certain
};

struct ComparisonOptions {
  RegressionOptions regression;
  bool allow_cross_testbed = false;
};

// Every figure of a run that has a better and a worse, by key.
std::map<FigureKey, std::pair<FigureInfo, double>> figures_of(
    const Baseline& run);

// `history`: earlier runs in order of time, `before` at its end; may be empty.
// The runs must outlive the result. Errors, usage: a side without runs; runs
// of other testbeds, unless allowed; not one figure that both sides have.
Result<Comparison> compare_runs(std::span<const Baseline> before,
                                std::span<const Baseline> after,
                                const ComparisonOptions& options = {},
                                std::span<const Baseline> history = {});

}  // namespace tidemark
