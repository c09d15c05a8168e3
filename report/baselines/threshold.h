// What to be woken by: thresholds from how much a figure differs from run to
// run when nothing is wrong.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/analysis/compare/comparison.h"

namespace tidemark {

struct Threshold {
  FigureKey key;
  FigureInfo info;
  size_t runs = 0;
  double median = 0;
  NoiseFloor noise;
  double warn = 0, fail = 0;  // twice and four times the noise away
  // As a gate: "p95(span.checkout) during load < 12.4ms, warn 11.8ms"; "" when
  // no gate can say it.
  std::string gate;
};

// Of every figure the runs have, in the order of the keys.
std::vector<Threshold> suggest_thresholds(std::span<const Baseline> runs);

}  // namespace tidemark
