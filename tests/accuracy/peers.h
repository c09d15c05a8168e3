// The rules others use on the same series, beside ours.
#pragma once

#include <array>

#include "tests/accuracy/draw.h"

namespace tidemark::accuracy {

inline constexpr size_t kPeers = 6;
inline constexpr std::array<const char*, kPeers> kPeerNames = {
    "> 10 MB/min over the last 10 min",
    "last quarter's median > 5 % above the first's",
    "OLS, t test p < 0.01",
    "Mann-Kendall p < 0.01",
    "Theil-Sen slope > delta, no interval",
    "OLS, R2 > 0.8 and slope > delta"};

// Which of them call a series (MB, one per second) a leak; delta in MB/min.
std::array<bool, kPeers> ask_peers(const Values& y, double delta);

}  // namespace tidemark::accuracy
