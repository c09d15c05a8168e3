#include "core/base/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tidemark {
namespace {

constexpr uint64_t kInt64Max = std::numeric_limits<int64_t>::max();

int64_t saturate(uint64_t value) {
  return static_cast<int64_t>(std::min(value, kInt64Max));
}

// Sums stay in range instead of wrapping: a foreign sum may be anything.
int64_t add(int64_t a, int64_t b) {
  int64_t result = 0;
  if (!__builtin_add_overflow(a, b, &result)) return result;
  return a > 0 ? std::numeric_limits<int64_t>::max()
               : std::numeric_limits<int64_t>::min();
}

int64_t times(uint64_t value, uint64_t n) {
  uint64_t result = 0;
  return __builtin_mul_overflow(value, n, &result) ? saturate(kInt64Max)
                                                   : saturate(result);
}

// Adds `count` to the bucket, inserting it where it belongs.
void add_to(std::vector<BucketCount>& buckets, uint32_t bucket,
            uint64_t count) {
  const auto at =
      std::ranges::lower_bound(buckets, bucket, {}, &BucketCount::first);
  if (at != buckets.end() && at->first == bucket) {
    at->second += count;
  } else {
    buckets.insert(at, {bucket, count});
  }
}

}  // namespace

std::optional<Histogram> Histogram::from(std::span<const BucketCount> buckets,
                                         int64_t sum, int64_t max) {
  if (sum < 0 || max < 0) return std::nullopt;
  Histogram result;
  result.sum_ = sum;
  result.max_ = max;
  result.buckets_.reserve(buckets.size());
  int64_t last = -1;
  for (const auto& [bucket, count] : buckets) {
    if (bucket >= kHistogramBuckets || bucket <= last) return std::nullopt;
    last = bucket;
    if (count == 0) continue;
    if (__builtin_add_overflow(result.count_, count, &result.count_)) {
      return std::nullopt;
    }
    result.buckets_.emplace_back(bucket, count);
  }
  return result;
}

void Histogram::record(uint64_t value, uint64_t n) {
  if (n == 0) return;
  add_to(buckets_, histogram_bucket(value), n);
  count_ += n;
  sum_ = add(sum_, times(value, n));
  max_ = std::max(max_, saturate(value));
}

void Histogram::merge(const Histogram& other) {
  std::vector<BucketCount> merged;
  merged.reserve(buckets_.size() + other.buckets_.size());
  auto theirs = other.buckets_.begin();
  for (const BucketCount& ours : buckets_) {
    while (theirs != other.buckets_.end() && theirs->first < ours.first) {
      merged.push_back(*theirs++);
    }
    merged.push_back(ours);
    if (theirs != other.buckets_.end() && theirs->first == ours.first) {
      merged.back().second += (theirs++)->second;
    }
  }
  merged.insert(merged.end(), theirs, other.buckets_.end());
  buckets_ = std::move(merged);
  count_ += other.count_;
  sum_ = add(sum_, other.sum_);
  max_ = std::max(max_, other.max_);
}

Histogram Histogram::since(const Histogram& earlier) const {
  Histogram result;
  auto old = earlier.buckets_.begin();
  for (const auto& [bucket, count] : buckets_) {
    uint64_t before = 0;
    if (old != earlier.buckets_.end() && old->first == bucket) {
      before = (old++)->second;
    }
    if (count < before) return *this;
    if (count > before) result.buckets_.emplace_back(bucket, count - before);
    result.count_ += count - before;
  }
  // A bucket of the older state that is gone from this one.
  if (old != earlier.buckets_.end()) return *this;
  result.sum_ = sum_ - std::min(sum_, earlier.sum_);
  if (result.empty()) return result;
  const auto top =
      saturate(histogram_bucket_highest(result.buckets_.back().first));
  result.max_ = max_ > earlier.max_ ? max_ : std::min(max_, top);
  return result;
}

std::optional<double> Histogram::mean() const {
  if (empty()) return std::nullopt;
  return static_cast<double>(sum_) / static_cast<double>(count_);
}

std::optional<int64_t> Histogram::quantile(double q) const {
  if (empty()) return std::nullopt;
  const double wanted =
      std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  uint64_t seen = 0;
  for (const auto& [bucket, count] : buckets_) {
    seen += count;
    if (static_cast<double>(seen) < wanted) continue;
    // The last bucket is open: only the maximum is known of it.
    if (bucket == kHistogramBuckets - 1) return max_;
    return std::min(max_, saturate(histogram_bucket_highest(bucket)));
  }
  return max_;
}

void DenseHistogram::record(uint64_t value) {
  ++counts_[histogram_bucket(value)];
  sum_ = add(sum_, saturate(value));
  max_ = std::max(max_, saturate(value));
}

Histogram DenseHistogram::sparse() const {
  std::vector<BucketCount> buckets;
  for (uint32_t i = 0; i < kHistogramBuckets; ++i) {
    if (counts_[i] != 0) buckets.emplace_back(i, counts_[i]);
  }
  return *Histogram::from(buckets, sum_, max_);
}

}  // namespace tidemark
