#include "core/analysis/gate_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/analysis/known_metrics.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

// Sums of metrics that people mean by one word.
struct Joined {
  std::string_view name;
  std::vector<std::string_view> sources;
};
const std::vector<Joined>& joined() {
  static const std::vector<Joined> kJoined = {
      {"cpu", {"cpu_user", "cpu_system"}},
      {"heap.live", {"heap.live_bytes"}},
      {"host.cpu",
       {"host.cpu_user", "host.cpu_nice", "host.cpu_system", "host.cpu_irq",
        "host.cpu_softirq", "host.cpu_steal"}},
      {"io_bytes", {"io_read_bytes", "io_write_bytes"}},
  };
  return kJoined;
}

struct Prefix {
  std::string_view name;
  GateSource source;
};
constexpr std::array kClientPrefixes = {
    Prefix{"op.", GateSource::counter},
    Prefix{"errors.", GateSource::counter},
    Prefix{"counter.", GateSource::counter},
    Prefix{"span_errors.", GateSource::counter},
    Prefix{"gauge.", GateSource::level},
    Prefix{"span.", GateSource::span},
};

void set_unit(GateMetricInfo& info, Unit unit) {
  switch (unit) {
    case Unit::bytes: info.dimension = GateDimension::bytes; break;
    case Unit::nanoseconds:
      info.dimension = GateDimension::time;
      info.scale = 1e-9;
      break;
    case Unit::millionths:
      info.dimension = GateDimension::ratio;
      info.scale = 1e-6;
      break;
    case Unit::real: info.real = true; break;
    case Unit::none:
    case Unit::count: break;
  }
}

const KnownMetric* find_known(std::string_view name) {
  const auto* found =
      std::ranges::find(kKnownMetrics, name, &KnownMetric::name);
  return found == std::end(kKnownMetrics) ? nullptr : found;
}

GateMetricInfo info_of(const KnownMetric& known) {
  GateMetricInfo info;
  info.source = known.kind == MetricKind::counter ? GateSource::counter
                                                  : GateSource::level;
  info.subject = known.subject;
  set_unit(info, known.unit);
  info.sources = {std::string(known.name)};
  return info;
}

GateMetricInfo client_info(std::string_view name, const Prefix& prefix) {
  GateMetricInfo info;
  info.source = prefix.source;
  info.subject = SubjectKind::client;
  if (prefix.source == GateSource::span) set_unit(info, Unit::nanoseconds);
  if (prefix.source == GateSource::level) set_unit(info, Unit::real);
  info.sources = {std::string(name)};
  return info;
}

constexpr std::string_view dimension_units(GateDimension dimension) {
  switch (dimension) {
    case GateDimension::bytes:
      return "a size with its unit, one of B kB KiB MB MiB GB GiB TB TiB "
             "(1 kB = 1000 B, 1 KiB = 1024 B)";
    case GateDimension::time:
      return "a time with its unit, one of ns us ms s min h d";
    case GateDimension::ratio: return "a percentage, such as 90%";
    case GateDimension::count: return "a number without a unit";
  }
  return "";
}

std::string_view dimension_name(GateDimension dimension) {
  switch (dimension) {
    case GateDimension::bytes: return "bytes";
    case GateDimension::time: return "seconds";
    case GateDimension::ratio: return "ratio";
    case GateDimension::count: return "count";
  }
  return "";
}

std::string_view per_name(GatePer per) {
  switch (per) {
    case GatePer::none: return "";
    case GatePer::second: return "/s";
    case GatePer::minute: return "/min";
    case GatePer::hour: return "/h";
    case GatePer::op: return "/op";
  }
  return "";
}

constexpr bool is_total(GateFunction function) {
  return function == GateFunction::sum || function == GateFunction::growth ||
         function == GateFunction::count;
}
constexpr bool is_sloped(GateFunction function) {
  return function == GateFunction::slope || function == GateFunction::retained;
}

// Which functions make sense of a source; the reason when not.
std::string_view misfit(GateFunction function, GateSource source) {
  const bool level = source == GateSource::level;
  if (source == GateSource::span) {
    switch (function) {
      case GateFunction::max:
      case GateFunction::min:
      case GateFunction::mean:
      case GateFunction::median:
      case GateFunction::quantile:
      case GateFunction::count:
      case GateFunction::rate:
      case GateFunction::ratio: return "";
      default:
        return "of spans there are max, min, mean, median, pN, count, rate "
               "and ratio";
    }
  }
  if (level &&
      (function == GateFunction::rate || function == GateFunction::sum)) {
    return "this is of counters; of a level take slope or growth";
  }
  if (level && function == GateFunction::ratio) {
    return "ratio() is of two counters";
  }
  if (!level && is_sloped(function)) {
    return "this is of levels; of a counter take rate or growth";
  }
  return "";
}

Status check_per(const GateExpr& gate, const GateMetricInfo& info) {
  const GateValue& value = gate.value;
  if (value.per == GatePer::none) return {};
  const GateFunction function = value.function;
  const bool is_rate =
      info.source != GateSource::level && value.per != GatePer::op &&
      (function == GateFunction::rate || value.per == GatePer::second);
  const bool counts_samples =
      function == GateFunction::count && info.source == GateSource::level;
  if (is_sloped(function) || is_rate ||
      (is_total(function) && !counts_samples)) {
    return {};
  }
  return gate_error(
      gate.text, value.per_at,
      fmt::format("{}() is not per anything", gate_function_name(function)));
}

Status check_scope(const GateExpr& gate, const GateMetricInfo& info) {
  const GateValue& value = gate.value;
  const bool is_cut = value.over.count() > 0 || gate.after.count() > 0;
  if (info.source == GateSource::span && is_cut) {
    return gate_error(gate.text, value.at,
                      "spans are known by whole phases: no 'over', no "
                      "'after'");
  }
  const auto& selector = value.metrics.front().selector;
  if (info.source == GateSource::span && !selector.empty()) {
    return gate_error(gate.text, selector.front().at,
                      "spans of all clients are taken together; choose by "
                      "the span's name");
  }
  if (value.confidence && value.function != GateFunction::slope) {
    return gate_error(gate.text, value.confidence_at,
                      "a confidence is of slope() alone");
  }
  if (value.across_cycles && value.function != GateFunction::retained) {
    return gate_error(gate.text, value.at,
                      "'across cycles' is of retained() alone");
  }
  return {};
}

Status check_amount(const GateExpr& gate, const GateAmount& amount,
                    const GateUnit& unit) {
  const bool is_fraction = unit.dimension == GateDimension::ratio &&
                           amount.bare && std::abs(amount.value) <= 1;
  const bool is_zero = amount.bare && amount.value == 0;
  const bool is_count = unit.dimension == GateDimension::count && amount.bare;
  const bool same = !amount.bare && amount.dimension == unit.dimension;
  if (is_fraction || is_zero || is_count || same) return {};
  return gate_error(gate.text, amount.at,
                    fmt::format("'{}' is no limit of {}: write {}", amount.text,
                                unit.name, dimension_units(unit.dimension)));
}

// A warning must come before the failure.
Status check_order(const GateExpr& gate) {
  if (!gate.warn) return {};
  const double warn = gate.warn->value, limit = gate.limit.value;
  const bool below = gate.compare == GateCompare::less ||
                     gate.compare == GateCompare::less_equal;
  const bool above = gate.compare == GateCompare::greater ||
                     gate.compare == GateCompare::greater_equal;
  if ((below && warn <= limit) || (above && warn >= limit)) return {};
  if (!below && !above) {
    return gate_error(gate.text, gate.warn->at,
                      "only < and > have a level that warns");
  }
  return gate_error(gate.text, gate.warn->at,
                    "it would fail before it warns: the two limits are the "
                    "wrong way round");
}

}  // namespace

const std::vector<std::string_view>& gate_metric_names() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const KnownMetric& known : kKnownMetrics) names.push_back(known.name);
    for (const Joined& sum : joined()) names.push_back(sum.name);
    std::ranges::sort(names);
    return names;
  }();
  return kNames;
}

Result<GateMetricInfo> gate_metric(std::string_view name) {
  for (const Joined& sum : joined()) {
    if (sum.name != name) continue;
    GateMetricInfo info = info_of(*find_known(sum.sources.front()));
    info.sources.assign(sum.sources.begin(), sum.sources.end());
    info.of_all_cpus = name == "host.cpu";
    return info;
  }
  if (const KnownMetric* known = find_known(name)) return info_of(*known);
  for (const Prefix& prefix : kClientPrefixes) {
    if (name.starts_with(prefix.name) && name.size() > prefix.name.size()) {
      return client_info(name, prefix);
    }
  }
  const std::string_view near = nearest(name, gate_metric_names());
  return fail(
      ErrorKind::usage,
      fmt::format("unknown metric '{}'{}", name,
                  near.empty() ? "; docs/gates.md lists them all"
                               : fmt::format("; did you mean '{}'?", near)));
}

GateUnit gate_unit(const GateExpr& gate) {
  GateUnit unit;
  if (gate.is_change) return {GateDimension::ratio, "ratio"};
  const GateValue& value = gate.value;
  if (value.metrics.empty()) return {GateDimension::count, ""};
  if (value.function == GateFunction::ratio) {
    return {GateDimension::ratio, "ratio"};
  }
  const auto info = gate_metric(value.metrics.front().name);
  if (!info) return unit;
  const bool rates =
      info->source == GateSource::counter && !is_total(value.function);
  const bool counted = value.function == GateFunction::count &&
                       info->source != GateSource::counter;
  const bool of_span =
      info->source == GateSource::span && value.function == GateFunction::rate;
  unit.dimension = info->dimension;
  if (counted || of_span) unit.dimension = GateDimension::count;
  GatePer per = value.per;
  if ((rates || of_span) && per == GatePer::none) per = GatePer::second;
  if (is_sloped(value.function) && per == GatePer::none) {
    per =
        value.function == GateFunction::slope ? GatePer::minute : GatePer::none;
  }
  // Seconds of a processor per second are a ratio.
  if (rates && unit.dimension == GateDimension::time &&
      per == GatePer::second) {
    return {GateDimension::ratio, "ratio"};
  }
  unit.name =
      std::string(dimension_name(unit.dimension)) + std::string(per_name(per));
  if (value.function == GateFunction::retained && per == GatePer::none) {
    unit.name += "/cycle";
  }
  return unit;
}

Status check_gate(const GateExpr& gate) {
  for (const GateMetric& metric : gate.value.metrics) {
    const auto info = gate_metric(metric.name);
    if (!info) return gate_error(gate.text, metric.at, info.error().what);
    const std::string_view why = misfit(gate.value.function, info->source);
    if (!why.empty()) return gate_error(gate.text, gate.value.at, why);
    TIDEMARK_CHECK(check_per(gate, *info));
    TIDEMARK_CHECK(check_scope(gate, *info));
  }
  if (gate.value.metrics.empty()) return {};
  const GateUnit unit = gate_unit(gate);
  TIDEMARK_CHECK(check_amount(gate, gate.limit, unit));
  if (gate.warn) TIDEMARK_CHECK(check_amount(gate, *gate.warn, unit));
  return check_order(gate);
}

}  // namespace tidemark
