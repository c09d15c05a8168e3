// Log-linear histograms of non-negative integers (span durations in ns), as
// the client channel keeps them in shared memory and the recording stores
// them: cumulative counts, exact below 2048, then 1024 buckets per power of
// two, so a bucket is never wider than 1/1024 of its values.
//
//   bucket(v) = v                       v < 2048
//             = e * 1024 + (v >> e)     e = floor(log2 v) - 10
//
// Values of 2^42 (73 minutes in ns) and more share the last bucket; the true
// maximum is kept apart.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tidemark {

inline constexpr uint32_t kHistogramBuckets = 33'792;

constexpr uint32_t histogram_bucket(uint64_t value) {
  if (value < 2048) return static_cast<uint32_t>(value);
  if (value >= uint64_t{1} << 42) return kHistogramBuckets - 1;
  const auto shift = static_cast<uint32_t>(std::bit_width(value)) - 11;
  return shift * 1024 + static_cast<uint32_t>(value >> shift);
}

// The smallest and the highest value of a bucket below kHistogramBuckets. The
// last one has no true upper end; 2^42 - 1 is returned.
constexpr uint64_t histogram_bucket_lowest(uint32_t bucket) {
  if (bucket < 2048) return bucket;
  const uint32_t shift = bucket / 1024 - 1;
  return uint64_t{bucket - shift * 1024} << shift;
}
constexpr uint64_t histogram_bucket_highest(uint32_t bucket) {
  if (bucket < 2048) return bucket;
  const uint32_t shift = bucket / 1024 - 1;
  return histogram_bucket_lowest(bucket) + (uint64_t{1} << shift) - 1;
}

// A bucket's index and its count; the layout of HistogramValue::buckets.
using BucketCount = std::pair<uint32_t, uint64_t>;

// Sparse: the non-empty buckets, ascending. What a frame carries, and what
// phases are summarised from.
class Histogram {
 public:
  Histogram() = default;
  // From counts that were stored or shared by somebody else. nullopt when they
  // are not ascending, name a bucket that does not exist, or sum or max is < 0.
  static std::optional<Histogram> from(std::span<const BucketCount> buckets,
                                       int64_t sum, int64_t max);

  void record(uint64_t value, uint64_t times = 1);
  void merge(const Histogram& other);

  // What was recorded after `earlier`, an older state of the same cumulative
  // counts. Where a count fell, the source began anew: all of *this is new.
  // The maximum is exact when it rose meanwhile, else the highest value of
  // the top bucket.
  Histogram since(const Histogram& earlier) const;

  uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  int64_t sum() const { return sum_; }
  int64_t max() const { return max_; }
  const std::vector<BucketCount>& buckets() const { return buckets_; }

  // Absent when empty.
  std::optional<double> mean() const;
  // The value at rank ceil(q * count), q clamped to 0..1: the highest value
  // of its bucket, never above max(). Absent when empty.
  std::optional<int64_t> quantile(double q) const;

 private:
  std::vector<BucketCount> buckets_;
  uint64_t count_ = 0;
  int64_t sum_ = 0;
  int64_t max_ = 0;
};

// Dense: one counter per bucket (264 KiB), for a writer in a hot loop.
class DenseHistogram {
 public:
  DenseHistogram() : counts_(kHistogramBuckets) {}

  void record(uint64_t value);
  Histogram sparse() const;

 private:
  std::vector<uint64_t> counts_;
  int64_t sum_ = 0;
  int64_t max_ = 0;
};

}  // namespace tidemark
