// Any readings at all: judge() must return a reason and finite figures, twice
// the same, and confirm a leak in no other way than its rules allow.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "core/analysis/verdict.h"
#include "core/base/histogram.h"
#include "core/base/rank_tests.h"

namespace tidemark {
namespace {

class Input {
 public:
  explicit Input(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }

  template <typename T>
  T take() {
    T value{};
    const size_t n = std::min(sizeof value, bytes_.size());
    if (n > 0) std::memcpy(&value, bytes_.data(), n);
    bytes_ = bytes_.subspan(n);
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
};

void require(bool condition) {
  if (!condition) std::abort();
}

// Raw doubles now and then (NaN, infinities, denormals), else small steps as
// real readings make them.
double reading(Input& input, double before) {
  const auto choice = input.take<uint8_t>();
  if (choice == 255) return input.take<double>();
  const auto step = static_cast<double>(input.take<int8_t>());
  return before + std::ldexp(step, choice % 32);
}

CurveInput curve(Input& input) {
  CurveInput curve;
  const auto flags = input.take<uint8_t>();
  curve.resource = static_cast<Resource>(input.take<uint8_t>() % 11);
  curve.ops_known = (flags & 1) != 0;
  curve.warmup_marked = (flags & 2) != 0;
  curve.instrument_floor = (flags & 4) != 0 ? input.take<double>() : 4096;
  curve.coverage = (flags & 8) != 0 ? input.take<double>() : 1;
  auto& points = (flags & 16) != 0 ? curve.samples : curve.retained;
  Finding::Point point;
  while (!input.empty() && points.size() < 200) {
    point.seconds = reading(input, point.seconds);
    point.ops = reading(input, point.ops);
    point.value = reading(input, point.value);
    points.push_back(point);
  }
  return curve;
}

bool finite(const Estimate& estimate) {
  return std::isfinite(estimate.value) && std::isfinite(estimate.lo) &&
         std::isfinite(estimate.hi);
}

void check(const CurveInput& input) {
  const Finding finding = judge(input);
  require(!finding.reason.empty());
  require(finite(finding.slope_per_minute));
  require(!finding.slope_per_op || finite(*finding.slope_per_op));
  require(std::isfinite(finding.min_detectable_per_minute));
  require(std::isfinite(finding.delta_per_minute));
  require(std::isfinite(finding.needed_seconds));
  require(finding.needed_seconds >= 0);
  require(finding.p_value >= 0 && finding.p_value <= 1);
  require(!finding.plateau || std::isfinite(*finding.plateau));
  const bool leak = finding.verdict == Verdict::leak;
  require((finding.confirmed_by != Confirmation::none) == leak);
  require(!leak || finding.cycles >= 10);
  require(finding.leak_class.empty() || leak ||
          finding.verdict == Verdict::suspect);
  const Finding again = judge(input);
  require(again.reason == finding.reason && again.verdict == finding.verdict);
}

void check_histogram(Input& input) {
  std::vector<BucketCount> buckets;
  const auto sum = input.take<int64_t>();
  const auto max = input.take<int64_t>();
  while (!input.empty()) {
    const auto bucket = input.take<uint32_t>();
    buckets.emplace_back(bucket, input.take<uint64_t>());
  }
  const auto histogram = Histogram::from(buckets, sum, max);
  if (!histogram || histogram->empty()) return;
  const auto median = histogram->quantile(0.5);
  require(median && *median >= 0 && *median <= histogram->max());
  require(histogram->since(*histogram).empty());
  Histogram twice = *histogram;
  twice.merge(*histogram);
  require(twice.buckets().size() == histogram->buckets().size());
}

}  // namespace
}  // namespace tidemark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark;
  Input input({data, size});
  if (input.take<uint8_t>() % 8 == 0) {
    check_histogram(input);
  } else {
    check(curve(input));
  }
  return 0;
}
