#include "core/analysis/evidence.h"

#include <algorithm>
#include <cmath>

#include "core/base/text.h"

namespace tidemark {
namespace {

using Points = std::vector<Finding::Point>;

constexpr double kBytesPerMinute = 0.1 * 1024 * 1024;
constexpr double kBytesPerOp = 16;
// A leak of handles leaves at least one more after each cycle; well below half
// of that is none, when a rise is not certain. But two in a run may be chance.
constexpr double kPiecesPerReading = 0.4;
constexpr double kPiecesPerRun = 2;
constexpr double kPage = 4096;

double default_resolution(Resource resource) {
  switch (resource) {
    case Resource::rss_anon:
    case Resource::rss_shmem:
    case Resource::rss_file:
    case Resource::kernel_memory: return kPage;
    default: return 1;
  }
}

bool ops_advance(const Points& points) {
  const auto backwards = [](const auto& a, const auto& b) {
    return b.ops < a.ops;
  };
  return points.back().ops - points.front().ops >= 1 &&
         std::ranges::adjacent_find(points, backwards) == points.end();
}

std::optional<Axis> choose_axis(const CurveInput& input, const Points& points) {
  if (points.size() < 2) return std::nullopt;
  const double minutes = (points.back().seconds - points.front().seconds) / 60;
  if (!(minutes > 1e-6)) return std::nullopt;
  if (!input.ops_known || !ops_advance(points)) return Axis{};
  return Axis{true, (points.back().ops - points.front().ops) / minutes};
}

// The thresholds a user or the defaults give, per unit of x.
Thresholds stated_thresholds(const CurveInput& input,
                             const VerdictOptions& options, const Axis& axis,
                             const Series& series) {
  double per_minute = options.delta_per_minute;
  double per_op = axis.ops ? options.delta_per_op : 0;
  if (per_minute <= 0 && per_op <= 0) {
    if (!is_bytes(input.resource)) {
      const auto steps = static_cast<double>(series.size() - 1);
      return {
          0, std::max(kPiecesPerRun, kPiecesPerReading * steps) / series.span(),
          0};
    }
    per_minute = kBytesPerMinute;
    per_op = axis.ops ? kBytesPerOp : 0;
  }
  const double by_time = per_minute / axis.per_minute;
  if (per_op <= 0) return {by_time, by_time, by_time};
  return {per_op, std::max(by_time, per_op), by_time};
}

Estimate make_estimate(const Evidence& evidence, double scale,
                       std::string method) {
  const Trend& trend = evidence.slope.trend;
  return {trend.slope * scale, trend.lo * scale, trend.hi * scale, trend.n,
          std::move(method)};
}

std::string method_name(const Evidence& evidence) {
  const Trend& trend = evidence.slope.trend;
  std::string name = "Theil-Sen over ";
  name += evidence.axis.ops ? "ops" : "time";
  name += ", each bound 99 % (Kendall, ";
  name += trend.exact ? "exact" : "normal";
  if (trend.widened > 1) {
    name +=
        ", variance x" + format_count(trend.widened) + " for autocorrelation";
  }
  return name + ")";
}

// Points nearer to each other than this are at one place: no slope between
// them is beyond what a double holds.
double round_to(double value, double step) {
  return std::round(value / step) * step;
}

// The operation's name where it is a plain word; a client may say anything.
std::string op_word(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  const bool usable =
      !name.empty() && name.size() <= 32 && std::ranges::all_of(name, plain);
  return usable ? name : "op";
}

}  // namespace

std::optional<Evidence> gather_evidence(const CurveInput& input,
                                        const VerdictOptions& options,
                                        const Points& points) {
  const std::optional<Axis> axis = choose_axis(input, points);
  if (!axis) return std::nullopt;
  Evidence evidence;
  evidence.axis = *axis;
  for (const Finding::Point& point : points) {
    evidence.series.x.push_back(axis->ops ? round_to(point.ops, 1e-3)
                                          : round_to(point.seconds / 60, 1e-9));
    evidence.series.y.push_back(point.value);
  }
  evidence.seconds = points.back().seconds - points.front().seconds;
  const bool stated =
      input.instrument_floor >= 1e-6 && input.instrument_floor < 1e19;
  evidence.resolution =
      stated ? input.instrument_floor : default_resolution(input.resource);
  const auto slope = estimate_slope(evidence.series, evidence.resolution);
  if (!slope) return std::nullopt;
  evidence.slope = *slope;
  evidence.delta = stated_thresholds(input, options, *axis, evidence.series);
  if (is_bytes(input.resource)) {
    // Less than one step of the instrument in the whole run is not seen.
    const double unseen = evidence.resolution / evidence.slope.span;
    evidence.delta.growing = std::max(evidence.delta.growing, unseen);
    evidence.delta.none = std::max(evidence.delta.none, unseen);
  }
  return evidence;
}

void fill_estimates(Finding& finding, const Evidence& evidence) {
  const Slope& slope = evidence.slope;
  const double rate = evidence.axis.per_minute;
  finding.min_detectable_per_minute = slope.min_detectable * rate;
  finding.delta_per_minute = evidence.delta.none * rate;
  if (evidence.axis.ops) finding.min_detectable_per_op = slope.min_detectable;
  finding.p_value = slope.trend.p_rising;
  if (!std::isfinite(slope.trend.lo)) return;  // too few points for bounds
  const std::string method = method_name(evidence);
  if (!evidence.axis.ops) {
    finding.slope_per_minute = make_estimate(evidence, 1, method);
    return;
  }
  finding.slope_per_op = make_estimate(evidence, 1, method);
  finding.slope_per_minute = make_estimate(
      evidence, rate,
      method + ", converted at " + format_count(rate) + " ops/min");
}

std::string format_amount(Resource resource, double amount) {
  if (is_bytes(resource)) return format_bytes(amount);
  std::string noun = resource_name(resource);
  std::ranges::replace(noun, '_', ' ');
  return format_count(amount) + " " + noun;
}

std::string format_slope(const Finding& finding, const Axis& axis,
                         double slope) {
  if (!axis.ops) return format_amount(finding.resource, slope) + "/min";
  // Pieces leak once in many operations: per thousand reads better.
  if (!is_bytes(finding.resource)) {
    return format_amount(finding.resource, slope * 1000) + " per 1,000 ops";
  }
  return format_amount(finding.resource, slope) + " per " +
         op_word(finding.op_name);
}

}  // namespace tidemark
