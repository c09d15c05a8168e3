#include "core/analysis/gate_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <set>

#include "core/analysis/edge_histograms.h"
#include "core/analysis/gate_trend.h"
#include "core/base/order_statistics.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr std::string_view kSpanPrefix = "span.";

// The lowest value within each stretch of `hold`; of them the highest is what
// lasted as long. Signs are turned for the opposite.
double held(const std::vector<GateSample>& samples, Nanoseconds hold,
            double sign) {
  std::deque<size_t> lowest;
  double best = -std::numeric_limits<double>::infinity();
  size_t begin = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto value = [&](size_t k) { return sign * samples[k].value; };
    while (!lowest.empty() && value(lowest.back()) >= value(i)) {
      lowest.pop_back();
    }
    lowest.push_back(i);
    if (samples[i].time - samples[begin].time < hold) continue;
    while (begin + 1 < i && samples[i].time - samples[begin + 1].time >= hold) {
      ++begin;
    }
    while (lowest.front() < begin) lowest.pop_front();
    best = std::max(best, value(lowest.front()));
  }
  return sign * best;
}

double aggregate(const GateValue& value, const std::vector<double>& values) {
  switch (value.function) {
    case GateFunction::max: return *std::ranges::max_element(values);
    case GateFunction::min: return *std::ranges::min_element(values);
    case GateFunction::mean: return mean(values).value_or(0);
    case GateFunction::median: return median(values).value_or(0);
    case GateFunction::quantile:
      return quantile(values, value.quantile).value_or(0);
    case GateFunction::first: return values.front();
    case GateFunction::last: return values.back();
    case GateFunction::stddev: return standard_deviation(values).value_or(0);
    case GateFunction::growth: return values.back() - values.front();
    case GateFunction::count: return static_cast<double>(values.size());
    default: return 0;
  }
}

class Meter {
 public:
  Meter(const GateExpr& gate, const GateRun& run, GateScope scope)
      : gate_(gate), value_(gate.value), run_(run), scope_(std::move(scope)) {}
  GateFigures measure();

 private:
  GateMetricInfo info(const GateMetric& metric) const;
  void measure_spans();
  void measure_ratio();
  void measure_series();
  void drop_brief();
  std::optional<GateFigure> of_series(const GateSeries& series);
  std::optional<GateFigure> of_counter(const GateSeries& series);
  std::optional<GateFigure> sampled(const GateSeries& series);
  std::optional<GateFigure> sloped(const GateSeries& series);
  std::optional<GateFigure> retained(const GateSeries& series);
  std::optional<GateFigure> trend(const GateSeries& series,
                                  const std::vector<GateSample>& samples,
                                  const GateAxis& axis);
  double total(const GateMetric& metric);
  Histogram durations(const std::string& glob) const;
  // Operations of the scope; absent when none were counted.
  const OpsCurve* operations(const GateSeries& series);
  GateAxis time_axis() const;
  // Divides by what the value is per; false: there is nothing to divide by.
  bool divide(double& amount, const GateSeries* series);
  std::string nothing() const;

  const GateExpr& gate_;
  const GateValue& value_;
  const GateRun& run_;
  GateScope scope_;
  GateFigures figures_;
};

GateMetricInfo Meter::info(const GateMetric& metric) const {
  GateMetricInfo info = gate_metric(metric.name).value_or(GateMetricInfo());
  if (info.of_all_cpus) {
    const int64_t cpus = std::max<int64_t>(1, run_.options.cpu_count);
    info.scale /= static_cast<double>(cpus);
  }
  return info;
}

GateFigures Meter::measure() {
  if (!scope_.missing.empty()) {
    figures_.missing = scope_.missing;
    return std::move(figures_);
  }
  if (value_.function == GateFunction::ratio) {
    measure_ratio();
  } else if (info(value_.metrics[0]).source == GateSource::span) {
    measure_spans();
  } else {
    measure_series();
  }
  if (figures_.all.empty() && figures_.missing.empty()) {
    figures_.missing = nothing();
  }
  return std::move(figures_);
}

// Why there is no sample: the metric, or whom the selector means.
std::string Meter::nothing() const {
  const GateMetric& metric = value_.metrics.back();
  const auto series =
      gate_series({metric.name, {}, 0}, info(metric), run_.store, run_.names);
  if (series.empty()) {
    return fmt::format("'{}' was not recorded", metric.name);
  }
  const bool matches =
      !gate_series(metric, info(metric), run_.store, run_.names).empty();
  if (matches) {
    return fmt::format("no reading of '{}' in that time", metric.name);
  }
  const GateMatch& match = metric.selector.front();
  std::set<std::string> values;
  for (const GateSeries& each : series) {
    const Subject* subject = run_.names.dictionary().subject(each.subject());
    if (subject == nullptr) continue;
    values.insert(match.key == "role" ? run_.names.role(*subject)
                                      : subject->name);
  }
  const std::vector<std::string_view> known(values.begin(), values.end());
  const bool is_named = match.key != "pid" && match.key != "exe" &&
                        match.key != "cmdline" && match.key != "cgroup";
  return "the selector matches nothing: " +
         (is_named ? unknown_message(match.key, match.value, known)
                   : match.key + " " + match.value);
}

Histogram Meter::durations(const std::string& glob) const {
  Histogram all;
  for (const Span& span : scope_.spans) {
    for (const auto& [name, histogram] : run_.spans.between(span)) {
      if (glob_match(glob, std::string(kSpanPrefix) + name)) {
        all.merge(histogram);
      }
    }
  }
  return all;
}

void Meter::measure_spans() {
  const Histogram all = durations(value_.metrics[0].name);
  if (all.empty()) {
    figures_.missing = fmt::format("no '{}' was timed", value_.metrics[0].name);
    return;
  }
  const auto count = static_cast<double>(all.count());
  const auto nanoseconds = [&]() -> double {
    switch (value_.function) {
      case GateFunction::max: return static_cast<double>(all.max());
      case GateFunction::min:
        return static_cast<double>(
            histogram_bucket_lowest(all.buckets().front().first));
      case GateFunction::mean: return all.mean().value_or(0);
      case GateFunction::median:
        return static_cast<double>(all.quantile(0.5).value_or(0));
      default:
        return static_cast<double>(all.quantile(value_.quantile).value_or(0));
    }
  };
  GateFigure figure{
      "all clients", 0, static_cast<int64_t>(all.count()), {}, {}, 1};
  if (value_.function == GateFunction::count) {
    figure.value = count;
    if (value_.per != GatePer::none && !divide(figure.value, nullptr)) return;
  } else if (value_.function == GateFunction::rate) {
    figure.value = count / seconds_of(scope_.spans) * seconds_per(value_.per);
  } else {
    figure.value = nanoseconds() * 1e-9;
  }
  figures_.all.push_back(std::move(figure));
}

// Of a counter, or of calls of spans; all subjects together.
double Meter::total(const GateMetric& metric) {
  const GateMetricInfo metric_info = info(metric);
  if (metric_info.source == GateSource::span) {
    return static_cast<double>(durations(metric.name).count());
  }
  double sum = 0;
  for (const GateSeries& series :
       gate_series(metric, metric_info, run_.store, run_.names)) {
    for (const Span& span : scope_.spans) sum += series.growth(span);
  }
  return sum;
}

void Meter::measure_ratio() {
  const double whole = total(value_.metrics[1]);
  if (!(whole > 0)) {
    figures_.missing =
        fmt::format("nothing of '{}' was counted", value_.metrics[1].name);
    return;
  }
  const double part = total(value_.metrics[0]);
  figures_.all.push_back({"all", part / whole, std::llround(whole), {}, {}, 1});
}

// A process of a few readings, such as one load command of many, says nothing
// of a slope; where others say something it is left out.
void Meter::drop_brief() {
  constexpr int64_t kFew = 8;
  if (value_.function != GateFunction::slope) return;
  const auto is_brief = [](const GateFigure& figure) {
    return figure.n < kFew;
  };
  if (std::ranges::all_of(figures_.all, is_brief)) return;
  std::erase_if(figures_.all, is_brief);
}

void Meter::measure_series() {
  const GateMetric& metric = value_.metrics[0];
  for (const GateSeries& series :
       gate_series(metric, info(metric), run_.store, run_.names)) {
    if (auto figure = of_series(series)) {
      if (!std::isfinite(figure->value)) continue;
      figures_.all.push_back(std::move(*figure));
    }
  }
  drop_brief();
}

std::optional<GateFigure> Meter::of_series(const GateSeries& series) {
  if (value_.function == GateFunction::slope) return sloped(series);
  if (value_.function == GateFunction::retained) return retained(series);
  const bool is_counter = info(value_.metrics[0]).source == GateSource::counter;
  const bool is_total = value_.function == GateFunction::sum ||
                        value_.function == GateFunction::growth ||
                        value_.function == GateFunction::count ||
                        value_.function == GateFunction::rate;
  return is_counter && is_total ? of_counter(series) : sampled(series);
}

std::optional<GateFigure> Meter::of_counter(const GateSeries& series) {
  GateFigure figure{series.who(), 0, 0, {}, {}, 1};
  for (const Span& span : scope_.spans) {
    figure.value += series.growth(span);
    figure.n += static_cast<int64_t>(series.samples(span).size());
  }
  if (figure.n == 0) return std::nullopt;
  if (value_.function == GateFunction::rate) {
    figure.value *= seconds_per(value_.per) / seconds_of(scope_.spans);
  } else if (value_.per != GatePer::none && !divide(figure.value, &series)) {
    return std::nullopt;
  }
  return figure;
}

std::optional<GateFigure> Meter::sampled(const GateSeries& series) {
  std::vector<double> values;
  double longest = -std::numeric_limits<double>::infinity();
  const double sign = value_.function == GateFunction::min ? -1 : 1;
  const bool holds =
      gate_.hold.count() > 0 && (value_.function == GateFunction::max ||
                                 value_.function == GateFunction::min);
  for (const Span& span : scope_.spans) {
    const std::vector<GateSample> samples = series.samples(span);
    for (const GateSample& sample : samples) values.push_back(sample.value);
    if (holds) {
      longest = std::max(longest, sign * held(samples, gate_.hold, sign));
    }
  }
  if (values.empty()) return std::nullopt;
  GateFigure figure{series.who(),
                    aggregate(value_, values),
                    static_cast<int64_t>(values.size()),
                    {},
                    {},
                    1};
  // Nothing lasted so long: the mildest there was.
  if (holds) {
    figure.value = std::isfinite(longest) ? sign * longest
                   : sign > 0             ? *std::ranges::min_element(values)
                                          : *std::ranges::max_element(values);
  }
  if (value_.function == GateFunction::growth && value_.per != GatePer::none &&
      !divide(figure.value, &series)) {
    return std::nullopt;
  }
  return figure;
}

const OpsCurve* Meter::operations(const GateSeries& series) {
  const auto& all = run_.ops.all();
  if (!value_.op.empty()) {
    const auto found = all.find(value_.op);
    if (found != all.end()) return &found->second;
    std::vector<std::string_view> names;
    for (const auto& [name, curve] : all) names.push_back(name);
    figures_.missing = unknown_message("op", value_.op, names);
    return nullptr;
  }
  const Subject* subject = run_.names.dictionary().subject(series.subject());
  const ProcessKey key = subject == nullptr ? ProcessKey() : subject->process;
  const OpsCurve* curve = run_.ops.primary(key).curve;
  if (curve == nullptr) figures_.missing = "no operation was counted";
  return curve;
}

bool Meter::divide(double& amount, const GateSeries* series) {
  double by = seconds_of(scope_.spans) / seconds_per(value_.per);
  if (value_.per == GatePer::op) {
    const GateSeries nobody("", SubjectId(), {});
    const OpsCurve* ops = operations(series == nullptr ? nobody : *series);
    if (ops == nullptr) return false;
    by = 0;
    for (const Span& span : scope_.spans) by += ops->growth(span);
    if (!(by > 0)) figures_.missing = "no operation was counted";
  }
  if (!(by > 0)) return false;
  amount /= by;
  return true;
}

// Time inside of the scope, so that what lies between does not count.
GateAxis Meter::time_axis() const {
  const GatePer per =
      value_.per == GatePer::none ? GatePer::minute : value_.per;
  return [this, per](BootTime time) {
    double seconds = 0;
    for (const Span& span : scope_.spans) {
      if (time <= span.from) break;
      seconds += to_seconds(std::min(time, span.to) - span.from);
    }
    return seconds / seconds_per(per);
  };
}

std::optional<GateFigure> Meter::sloped(const GateSeries& series) {
  std::vector<GateSample> samples;
  for (const Span& span : scope_.spans) {
    const auto part = series.samples(span);
    samples.insert(samples.end(), part.begin(), part.end());
  }
  if (value_.per != GatePer::op) return trend(series, samples, time_axis());
  const OpsCurve* ops = operations(series);
  if (ops == nullptr) return std::nullopt;
  return trend(series, samples, [ops](BootTime t) { return ops->at(t); });
}

// The levels that the cycles end with, against their number.
std::optional<GateFigure> Meter::retained(const GateSeries& series) {
  std::vector<GateSample> ends;
  for (const Span& span : scope_.spans) {
    if (const auto level = series.at(span.to)) {
      ends.push_back({span.to, *level});
    }
  }
  if (value_.per == GatePer::none) {
    return trend(series, ends, [&](BootTime time) {
      const auto at = std::ranges::find(ends, time, &GateSample::time);
      return static_cast<double>(at - ends.begin());
    });
  }
  if (value_.per != GatePer::op) {
    const double unit = seconds_per(value_.per);
    return trend(series, ends, [&](BootTime time) {
      return to_seconds(time - ends.front().time) / unit;
    });
  }
  const OpsCurve* ops = operations(series);
  if (ops == nullptr) return std::nullopt;
  return trend(series, ends, [ops](BootTime t) { return ops->at(t); });
}

std::optional<GateFigure> Meter::trend(const GateSeries& series,
                                       const std::vector<GateSample>& samples,
                                       const GateAxis& axis) {
  const double alpha = 1 - value_.confidence.value_or(0.99);
  const auto trend = gate_trend(samples, axis, gate_.limit.value, alpha);
  if (!trend) {
    if (!samples.empty() && figures_.missing.empty()) {
      figures_.missing =
          fmt::format("{} readings of {} are too few for a slope",
                      samples.size(), series.who());
    }
    return std::nullopt;
  }
  GateFigure figure{series.who(), trend->slope, trend->n, {}, {}, 1};
  if (value_.confidence) {
    const bool below = gate_.compare == GateCompare::less ||
                       gate_.compare == GateCompare::less_equal;
    figure.lo = trend->lo;
    figure.hi = trend->hi;
    figure.p_fail = below ? trend->p_above : trend->p_below;
  }
  return figure;
}

}  // namespace

GateFigures gate_figures(const GateExpr& gate, const GateRun& run,
                         GateScope scope) {
  return Meter(gate, run, std::move(scope)).measure();
}

}  // namespace tidemark
