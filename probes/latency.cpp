#include "probes/latency.h"

#include <algorithm>

#include "probes/latency_host.h"

namespace tidemark {
namespace {

// The middle of a coarse bucket: where its values are taken to be.
uint64_t middle_of(uint32_t bucket) {
  constexpr uint32_t kPerPower = 1u << TIDEMARK_LATENCY_BITS;
  if (bucket < 2 * kPerPower) return bucket;
  const uint32_t shift = bucket / kPerPower - 1;
  const uint64_t lowest = uint64_t{bucket - shift * kPerPower} << shift;
  return lowest + ((uint64_t{1} << shift) >> 1);
}

}  // namespace

Latency latency_from(const tidemark_latency& record) {
  Latency latency;
  latency.count = static_cast<int64_t>(record.count);
  latency.sum_ns = static_cast<int64_t>(record.sum_ns);
  latency.max_ns = static_cast<int64_t>(record.max_ns);
  for (uint32_t i = 0; i < TIDEMARK_LATENCY_BUCKETS; ++i) {
    if (record.buckets[i] == 0) continue;
    const uint64_t value = std::min<uint64_t>(middle_of(i), record.max_ns);
    const uint32_t bucket = histogram_bucket(value);
    // The greatest value may lie below the middle of its coarse bucket.
    if (!latency.buckets.empty() && latency.buckets.back().first == bucket) {
      latency.buckets.back().second += record.buckets[i];
    } else {
      latency.buckets.emplace_back(bucket, record.buckets[i]);
    }
  }
  return latency;
}

}  // namespace tidemark
