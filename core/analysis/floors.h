// Floors: a long series reduced to the levels it falls back to. Takes out the
// sawtooth of garbage collectors and batches, most noise, and most
// autocorrelation, so that what is left is what is retained.
#pragma once

#include <span>
#include <vector>

#include "core/model/finding.h"

namespace tidemark {

struct Floors {
  std::vector<Finding::Point> points;
  // True: one floor per release (the memory came down at least 4 times).
  // False: the 10th percentile of equal blocks.
  bool by_release = false;
  // What was dropped as warm-up, averaged over 5-second bins.
  std::vector<Finding::Point> dropped;
  double seconds = 0;  // from the first to the last sample that was kept
};

// `samples` in order of time. Unless the warm-up is marked (and gone from the
// samples already), the first third is dropped. No points when the rest is
// shorter than one block.
Floors reduce_to_floors(std::span<const Finding::Point> samples,
                        bool warmup_marked);

// Blocks: at most 24, none shorter than 20 s.
inline constexpr double kBinSeconds = 5;
inline constexpr size_t kBinsPerBlock = 4;
inline constexpr size_t kMostBlocks = 24;
// The fewest floors a verdict can rest on.
inline constexpr size_t kLeastFloors = 6;

}  // namespace tidemark
