#include "core/analysis/floors.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/base/order_statistics.h"
#include "core/base/trend.h"

namespace tidemark {
namespace {

using Point = Finding::Point;
using Points = std::vector<Point>;

constexpr size_t kLeastReleases = 4;

// Means over bins of 5 s on a fixed grid; a bin without samples is left out.
Points bin(std::span<const Point> samples) {
  Points bins;
  int64_t current = -1;
  double count = 0;
  for (const Point& sample : samples) {
    const auto slot = static_cast<int64_t>(
        std::floor((sample.seconds - samples.front().seconds) / kBinSeconds));
    if (bins.empty() || slot != current) {
      bins.push_back(sample);
      current = slot;
      count = 1;
      continue;
    }
    // A running mean: no large sums, whatever the values are.
    ++count;
    Point& mean = bins.back();
    mean.seconds += (sample.seconds - mean.seconds) / count;
    mean.ops += (sample.ops - mean.ops) / count;
    mean.value += (sample.value - mean.value) / count;
  }
  return bins;
}

std::vector<double> values_of(std::span<const Point> points) {
  std::vector<double> values(points.size());
  std::ranges::transform(points, values.begin(), &Point::value);
  return values;
}

// The values without their straight trend, by at most 60 of the points.
std::vector<double> detrended(std::span<const Point> bins) {
  std::vector<double> x, y;
  for (size_t i = 0; i < bins.size();
       i += std::max<size_t>(1, bins.size() / 60)) {
    x.push_back(static_cast<double>(i));
    y.push_back(bins[i].value);
  }
  const double slope = theil_sen_slope(x, y).value_or(0);
  std::vector<double> rest = values_of(bins);
  for (size_t i = 0; i < rest.size(); ++i) {
    rest[i] -= slope * static_cast<double>(i);
  }
  return rest;
}

// A drop within two bins is a release when it is large against the range of
// the series and against its noise.
double release_threshold(std::span<const Point> bins) {
  const std::vector<double> rest = detrended(bins);
  const double range = *quantile(rest, 0.98) - *quantile(rest, 0.02);
  std::vector<double> steps;
  for (size_t i = 1; i < bins.size(); ++i) {
    steps.push_back(std::fabs(bins[i].value - bins[i - 1].value));
  }
  const double noise = 1.4826 * median(steps).value_or(0) / std::sqrt(2.0);
  return std::max(0.4 * range, 6 * noise);
}

// The bins at which a release ends.
std::vector<size_t> find_releases(std::span<const Point> bins) {
  std::vector<size_t> releases;
  const double threshold = release_threshold(bins);
  for (size_t i = 1; i < bins.size(); ++i) {
    const double before = bins[i < 2 ? 0 : i - 2].value;
    const bool apart = releases.empty() || i - releases.back() > 2;
    if (apart && before - bins[i].value > threshold) releases.push_back(i);
  }
  return releases;
}

// The lowest bin between one release and the next.
Points floors_by_release(std::span<const Point> bins,
                         std::span<const size_t> releases) {
  Points floors;
  for (size_t r = 0; r < releases.size(); ++r) {
    const size_t end = r + 1 < releases.size() ? releases[r + 1] : bins.size();
    const auto cycle = bins.subspan(releases[r], end - releases[r]);
    if (cycle.size() < 2) continue;
    floors.push_back(*std::ranges::min_element(cycle, {}, &Point::value));
  }
  return floors;
}

Points floors_by_block(std::span<const Point> bins) {
  const size_t size = std::max(kBinsPerBlock, bins.size() / kMostBlocks);
  Points floors;
  for (size_t begin = 0; begin + size <= bins.size(); begin += size) {
    const auto block = bins.subspan(begin, size);
    Point floor = block[size / 2];
    floor.value = *quantile(values_of(block), 0.1);
    floors.push_back(floor);
  }
  return floors;
}

}  // namespace

Floors reduce_to_floors(std::span<const Point> samples, bool warmup_marked) {
  Floors result;
  if (samples.empty()) return result;
  const Points bins = bin(samples);
  const size_t begin = warmup_marked ? 0 : bins.size() / 3;
  const auto first = bins.begin() + static_cast<std::ptrdiff_t>(begin);
  result.dropped.assign(bins.begin(), first);
  const std::span<const Point> kept(first, bins.end());
  result.seconds = kept.back().seconds - kept.front().seconds;
  if (kept.size() < kBinsPerBlock) return result;
  const std::vector<size_t> releases = find_releases(kept);
  result.by_release = releases.size() >= kLeastReleases;
  if (result.by_release) result.points = floors_by_release(kept, releases);
  // Too few of them to judge by: blocks, some without their low.
  result.by_release = result.points.size() >= kLeastFloors;
  if (!result.by_release) result.points = floors_by_block(kept);
  return result;
}

}  // namespace tidemark
