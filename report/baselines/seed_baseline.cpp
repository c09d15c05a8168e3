#include "report/baselines/seed_baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "report/baselines/json_fields.h"

namespace tidemark {
namespace {

using Json = nlohmann::json;

constexpr const char* kOp = "request";

// "2024-01-01T12:00:00" with or without a fraction; Unix time in ns, taken as
// UTC, for the format has no zone.
std::optional<int64_t> parse_time(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d", &year,
                               &month, &day, &hour, &minute, &second);
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day))};
  const bool is_time = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 &&
                       second >= 0 && second <= 60;
  if (read != 6 || !date.ok() || year < 1970 || year > 2200 || !is_time)
    return std::nullopt;
  const std::chrono::nanoseconds since =
      std::chrono::sys_days(date).time_since_epoch() +
      std::chrono::hours(hour) + std::chrono::minutes(minute) +
      std::chrono::seconds(second);
  return since.count();
}

// The ranks between what is known are as straight lines.
std::vector<double> sketch_of(double median, double p95, double p99,
                              double max) {
  std::vector<double> sketch;
  for (const double rank : kSketchRanks) {
    double value = median;
    if (rank > 0.5 && rank <= 0.95) {
      value = median + (p95 - median) * (rank - 0.5) / 0.45;
    } else if (rank > 0.95) {
      value = rank < 1 ? p99 : max;
    }
    sketch.push_back(value);
  }
  return sketch;
}

BaselineSeries response_times(const JsonFields& fields, int64_t requests) {
  constexpr double kMillisecond = 1e-3;
  BaselineSeries series{.metric = std::string("span.") + kOp,
                        .source = GateSource::span,
                        .unit = "seconds"};
  const double median = fields.number("response_time_median", true);
  const double p95 = fields.number("response_time_p95", true);
  const double p99 = fields.maybe("response_time_p99").value_or(p95);
  const double max = fields.maybe("response_time_max").value_or(p99);
  series.n = requests;
  series.mean = fields.number("response_time_mean") * kMillisecond;
  series.median = median * kMillisecond;
  const bool ascends = 0 <= median && median <= p95 && p95 <= p99 && p99 <= max;
  if (!ascends) {
    fields.wrong("median, p95, p99 and max of the response time descend");
  }
  series.sketch = sketch_of(median, p95, p99, max);
  for (double& value : series.sketch) value *= kMillisecond;
  return series;
}

BaselineSeries counted(const std::string& metric, double total,
                       double seconds) {
  BaselineSeries series{.metric = metric,
                        .source = GateSource::counter,
                        .unit = "count/s",
                        .n = 1};
  series.total = total;
  series.mean = seconds > 0 ? total / seconds : 0;
  series.median = series.mean;
  series.sketch.assign(kSketchRanks.size(), series.mean);
  return series;
}

std::string plain_number(double value) { return fmt::format("{:g}", value); }

}  // namespace

bool looks_like_seed(const Json& json) {
  return json.contains("operation") && json.contains("response_time_p95");
}

Result<Baseline> baseline_from_seed(const Json& json) {
  std::optional<Error> error;
  const JsonFields fields(json, "baseline", error);
  Baseline baseline;
  baseline.scenario = fields.text("operation", true);
  baseline.producer = "imported";
  baseline.seconds = fields.number("test_duration", true);
  const auto time = parse_time(fields.text("timestamp", true));
  if (!time) fields.wrong("\"timestamp\" is no time as 2024-01-01T12:00:00");
  baseline.begin_ns = time.value_or(0);
  for (const char* key : {"environment", "version"}) {
    if (const std::string value = fields.text(key); !value.empty()) {
      baseline.attributes[key] = value;
    }
  }
  if (const auto users = fields.maybe("concurrent_users")) {
    baseline.attributes["users"] = plain_number(*users);
  }
  const int64_t requests = fields.count("total_requests");
  const double rate = fields.number("requests_per_second", true);
  const double failed = fields.maybe("error_count")
                            .value_or(fields.number("error_rate") *
                                      static_cast<double>(requests));
  BaselinePhase phase{.path = "load", .kind = PhaseKind::load, .cycles = 1};
  phase.seconds = baseline.seconds;
  phase.series.push_back(response_times(fields, requests));
  phase.series.push_back(
      counted("op.request", static_cast<double>(requests), baseline.seconds));
  phase.series.back().mean = rate;
  phase.series.push_back(counted("errors.request", failed, baseline.seconds));
  baseline.phases = {BaselinePhase{.cycles = 1, .seconds = baseline.seconds},
                     std::move(phase)};
  if (error) return std::unexpected(std::move(*error));
  return baseline;
}

}  // namespace tidemark
