#include "tui/bucket_series.h"

#include <algorithm>

namespace tidemark {

BucketSeries::BucketSeries(BootTime begin, Nanoseconds bucket)
    : begin_(begin), bucket_(std::max(bucket, Nanoseconds(1'000'000))) {}

int64_t BucketSeries::index(BootTime time) const {
  return time < begin_ ? -1 : (time - begin_) / bucket_;
}

void BucketSeries::add(BootTime time, Nanoseconds span, double value) {
  while (index(time) >= static_cast<int64_t>(kBuckets)) halve();
  const int64_t last = std::max<int64_t>(index(time - Nanoseconds(1)), 0);
  const int64_t first = std::clamp<int64_t>(index(time - span), 0, last);
  const auto end = static_cast<size_t>(last) + 1;
  if (buckets_.size() < end) buckets_.resize(end);
  for (auto i = static_cast<size_t>(first); i < end; ++i) {
    buckets_[i].sum += static_cast<float>(value);
    ++buckets_[i].count;
  }
}

void BucketSeries::halve() {
  const size_t half = (buckets_.size() + 1) / 2;
  for (size_t i = 0; i < half; ++i) {
    Bucket merged = buckets_[2 * i];
    if (2 * i + 1 < buckets_.size()) {
      merged.sum += buckets_[2 * i + 1].sum;
      merged.count += buckets_[2 * i + 1].count;
    }
    buckets_[i] = merged;
  }
  buckets_.resize(half);
  bucket_ *= 2;
}

std::optional<double> BucketSeries::mean(int64_t first, int64_t last) const {
  double sum = 0;
  double count = 0;
  const auto size = static_cast<int64_t>(buckets_.size());
  for (int64_t i = std::max<int64_t>(first, 0); i <= last && i < size; ++i) {
    const Bucket& bucket = buckets_[static_cast<size_t>(i)];
    sum += static_cast<double>(bucket.sum);
    count += bucket.count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

std::vector<std::optional<double>> BucketSeries::sample(BootTime from,
                                                        BootTime to,
                                                        size_t count) const {
  std::vector<std::optional<double>> points(count);
  const double width =
      static_cast<double>((to - from).count()) / static_cast<double>(count);
  if (width <= 0) return points;
  const auto at = [&](double part) {
    return from + Nanoseconds(static_cast<int64_t>(part * width));
  };
  for (size_t i = 0; i < count; ++i) {
    const auto part = static_cast<double>(i);
    const int64_t first = index(at(part));
    const int64_t last = index(at(part + 1) - Nanoseconds(1));
    // A point narrower than a bucket still shows the bucket it lies in.
    points[i] = mean(first, std::max(first, last));
  }
  return points;
}

}  // namespace tidemark
