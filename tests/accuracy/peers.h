// The rules others use on the same series, beside ours.
#pragma once

#include <array>

#include "tests/accuracy/draw.h"

namespace tidemark::accuracy {

struct Peer {
  const char* name;
  const char* column;  // short
};
inline constexpr size_t kPeers = 6;
inline constexpr std::array<Peer, kPeers> kPeerRules = {{
    {"more than 10 MB/min over the last 10 min", "10MB"},
    {"last quarter's median > 5 % above the first's", "quart."},
    {"OLS, t test p < 0.01", "OLS"},
    {"Mann-Kendall p < 0.01", "M-K"},
    {"Theil-Sen slope > delta, no interval", "Sen"},
    {"OLS, R2 > 0.8 and slope > delta", "R2"},
}};
using PeerCalls = std::array<bool, kPeers>;

// Points over time in minutes; y in MB, or pieces, of which delta is per
// minute.
struct PeerSeries {
  Values x, y;
};
// Which of them call it a leak.
PeerCalls ask_peers(const PeerSeries& series, double delta);

// Means of 10 s of a series with one reading per second, without its first
// tenth, as those rules are usually fed.
PeerSeries reduce_seconds(const Values& y);

}  // namespace tidemark::accuracy
