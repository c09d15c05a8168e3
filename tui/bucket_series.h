// One quantity over the whole run in bounded memory: at most kBuckets buckets;
// when they are full, neighbours merge and a bucket lasts twice as long.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/clock.h"

namespace tidemark {

class BucketSeries {
 public:
  static constexpr size_t kBuckets = 512;

  // `bucket` > 0: how long the first buckets last, the sampling interval.
  BucketSeries(BootTime begin, Nanoseconds bucket);

  // `value` describes the `span` that ends at `time`.
  void add(BootTime time, Nanoseconds span, double value);
  // The mean over each of `count` equal parts of [from, to); nullopt where
  // nothing was sampled.
  std::vector<std::optional<double>> sample(BootTime from, BootTime to,
                                            size_t count) const;
  bool empty() const { return buckets_.empty(); }
  Nanoseconds bucket() const { return bucket_; }

 private:
  struct Bucket {
    float sum = 0;
    uint32_t count = 0;
  };

  int64_t index(BootTime time) const;
  void halve();
  std::optional<double> mean(int64_t first, int64_t last) const;

  BootTime begin_;
  Nanoseconds bucket_;
  std::vector<Bucket> buckets_;
};

}  // namespace tidemark
