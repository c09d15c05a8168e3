#include "core/analysis/compare/kept_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/analysis/gate_scope.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

// The share of samples at or below `value`: the sketch, read the other way.
double share_below(const BaselineSeries& series, double value) {
  const auto& sketch = series.sketch;
  if (value < sketch.front()) return 0;
  for (size_t i = 1; i < sketch.size(); ++i) {
    if (value >= sketch[i]) continue;
    const double width = sketch[i] - sketch[i - 1];
    const double part = width > 0 ? (value - sketch[i - 1]) / width : 1;
    return kSketchRanks[i - 1] + part * (kSketchRanks[i] - kSketchRanks[i - 1]);
  }
  return 1;
}

using Parts = std::vector<const BaselineSeries*>;

double samples_of(const Parts& parts) {
  double sum = 0;
  for (const BaselineSeries* part : parts) {
    sum += static_cast<double>(part->n);
  }
  return sum;
}

// Of all parts together: bisection on their shares.
double joined_quantile(const Parts& parts, double rank) {
  if (parts.size() == 1) return parts[0]->quantile(rank);
  double lo = parts[0]->sketch.front(), hi = parts[0]->sketch.back();
  for (const BaselineSeries* part : parts) {
    lo = std::min(lo, part->sketch.front());
    hi = std::max(hi, part->sketch.back());
  }
  const double wanted = rank * samples_of(parts);
  for (int i = 0; i < 60 && lo < hi; ++i) {
    const double middle = lo + (hi - lo) / 2;
    double below = 0;
    for (const BaselineSeries* part : parts) {
      below += share_below(*part, middle) * static_cast<double>(part->n);
    }
    (below < wanted ? lo : hi) = middle;
  }
  return hi;
}

template <typename Value>
double weighted(const Parts& parts, Value value) {
  double sum = 0;
  for (const BaselineSeries* part : parts) {
    sum += value(*part) * static_cast<double>(part->n);
  }
  return sum / samples_of(parts);
}

class KeptReader {
 public:
  KeptReader(const Baseline& run, const GateValue& value)
      : run_(run), value_(value) {}
  KeptValues read();

 private:
  bool find_phases();
  bool selects(const GateMetric& metric, const BaselineSeries& series) const;
  std::map<std::string, Parts> parts_of(const GateMetric& metric) const;
  std::optional<double> value_of(const Parts& parts, double seconds);
  std::optional<double> amount_of(const Parts& parts, double seconds);
  double total(const GateMetric& metric) const;
  void read_ratio();
  void read_findings();
  void not_kept();

  const Baseline& run_;
  const GateValue& value_;
  std::vector<const BaselinePhase*> phases_;
  KeptValues result_;
};

bool KeptReader::find_phases() {
  const std::string& glob = value_.during;
  std::set<std::string_view> paths;
  for (const BaselinePhase& phase : run_.phases) {
    const bool is_whole = phase.path.empty();
    if (!is_whole) paths.insert(phase.path);
    const bool wanted = glob.empty()
                            ? is_whole
                            : !is_whole && gate_path_matches(glob, phase.path);
    if (wanted && !phase.series.empty()) phases_.push_back(&phase);
  }
  if (!phases_.empty()) return true;
  const std::vector<std::string_view> names(paths.begin(), paths.end());
  result_.missing = glob.empty() ? "it keeps nothing of the whole run"
                                 : unknown_message("phase", glob, names);
  return false;
}

bool KeptReader::selects(const GateMetric& metric,
                         const BaselineSeries& series) const {
  return std::ranges::all_of(metric.selector, [&](const GateMatch& match) {
    return match.takes(series.subject);
  });
}

std::map<std::string, Parts> KeptReader::parts_of(
    const GateMetric& metric) const {
  std::map<std::string, Parts> parts;
  for (const BaselinePhase* phase : phases_) {
    for (const BaselineSeries& series : phase->series) {
      if (!glob_match(metric.name, series.metric)) continue;
      if (series.n == 0 || series.sketch.empty()) continue;
      if (selects(metric, series)) parts[series.subject].push_back(&series);
    }
  }
  return parts;
}

// What is counted, and per what.
std::optional<double> KeptReader::amount_of(const Parts& parts,
                                            double seconds) {
  double amount = 0, ops = 0;
  const bool calls = parts[0]->source == GateSource::span;
  for (const BaselineSeries* part : parts) {
    const bool counts = calls || value_.function == GateFunction::count;
    if (!counts && !part->total) return std::nullopt;
    const double own = counts ? static_cast<double>(part->n) : *part->total;
    amount += own;
    if (part->per_op && *part->per_op > 0) ops += own / *part->per_op;
  }
  if (value_.function == GateFunction::rate) {
    return seconds > 0
               ? std::optional(amount / seconds * seconds_per(value_.per))
               : std::nullopt;
  }
  if (value_.per == GatePer::none) return amount;
  if (value_.per == GatePer::op) {
    return ops > 0 && value_.op.empty() ? std::optional(amount / ops)
                                        : std::nullopt;
  }
  return seconds > 0 ? std::optional(amount / seconds * seconds_per(value_.per))
                     : std::nullopt;
}

std::optional<double> KeptReader::value_of(const Parts& parts, double seconds) {
  switch (value_.function) {
    case GateFunction::max: return joined_quantile(parts, 1);
    case GateFunction::min: return joined_quantile(parts, 0);
    case GateFunction::median: return joined_quantile(parts, 0.5);
    case GateFunction::quantile: return joined_quantile(parts, value_.quantile);
    case GateFunction::mean:
      return weighted(parts, [](const auto& part) { return part.mean; });
    case GateFunction::stddev:
      if (parts.size() > 1) return std::nullopt;
      return parts[0]->deviation;
    case GateFunction::slope:
      if (parts.size() > 1 || value_.per == GatePer::op ||
          !parts[0]->slope_per_minute) {
        return std::nullopt;
      }
      return *parts[0]->slope_per_minute *
             (value_.per == GatePer::none ? 60 : seconds_per(value_.per)) / 60;
    case GateFunction::sum:
    case GateFunction::growth:
    case GateFunction::count:
    case GateFunction::rate: return amount_of(parts, seconds);
    default: return std::nullopt;
  }
}

double KeptReader::total(const GateMetric& metric) const {
  double sum = 0;
  for (const auto& [subject, parts] : parts_of(metric)) {
    for (const BaselineSeries* part : parts) {
      sum += part->source == GateSource::span ? static_cast<double>(part->n)
                                              : part->total.value_or(0);
    }
  }
  return sum;
}

void KeptReader::read_ratio() {
  const double whole = total(value_.metrics[1]);
  if (!(whole > 0)) {
    result_.missing =
        fmt::format("it counted nothing of '{}'", value_.metrics[1].name);
    return;
  }
  result_.by_subject[""] = total(value_.metrics[0]) / whole;
  result_.n = std::llround(whole);
}

// retained(), and slopes per operation: what the leak verdict measured.
void KeptReader::read_findings() {
  const GateMetric& metric = value_.metrics[0];
  const std::string resource =
      metric.name.starts_with("heap.live") ? "heap" : metric.name;
  for (const BaselineFinding& finding : run_.findings) {
    if (finding.resource != resource) continue;
    if (!selects(metric, {.metric = {}, .subject = finding.subject})) continue;
    const bool by_op = value_.per == GatePer::op;
    if (by_op && !finding.per_op) continue;
    double amount = by_op ? *finding.per_op : finding.per_minute;
    if (value_.per == GatePer::second) amount /= 60;
    if (value_.per == GatePer::hour) amount *= 60;
    auto& most =
        result_.by_subject.try_emplace(finding.subject, amount).first->second;
    most = std::max(most, amount);
    result_.n += finding.n;
  }
  if (result_.by_subject.empty()) not_kept();
}

void KeptReader::not_kept() {
  if (!result_.missing.empty()) return;
  const GateMetric& metric = value_.metrics[0];
  std::set<std::string_view> metrics, subjects;
  for (const BaselinePhase* phase : phases_) {
    for (const BaselineSeries& series : phase->series) {
      metrics.insert(series.metric);
      if (glob_match(metric.name, series.metric)) {
        subjects.insert(series.subject);
      }
    }
  }
  if (!subjects.empty() && parts_of(metric).empty() &&
      !metric.selector.empty()) {
    const std::vector<std::string_view> names(subjects.begin(), subjects.end());
    result_.missing =
        unknown_message("role", metric.selector.front().value, names);
  } else if (subjects.empty()) {
    const std::vector<std::string_view> names(metrics.begin(), metrics.end());
    const std::string_view near = nearest(metric.name, names);
    result_.missing = fmt::format("it keeps no '{}'", metric.name);
    if (!near.empty()) result_.missing += fmt::format(", but '{}'", near);
  } else {
    result_.missing =
        fmt::format("it does not keep {}() of '{}'",
                    gate_function_name(value_.function), metric.name);
  }
}

KeptValues KeptReader::read() {
  if (value_.metrics.empty()) {
    result_.missing = "a verdict has no change in percent";
    return std::move(result_);
  }
  for (const GateMatch& match : value_.metrics[0].selector) {
    if (match.key == "role" || match.key == "proc" || match.key == "name") {
      continue;
    }
    result_.missing = fmt::format(
        "baselines keep figures by role: select by role, not by {}", match.key);
    return std::move(result_);
  }
  if (value_.over.count() > 0) {
    result_.missing = "baselines keep whole phases: no 'over'";
    return std::move(result_);
  }
  const bool of_findings =
      value_.function == GateFunction::retained ||
      (value_.function == GateFunction::slope && value_.per == GatePer::op);
  if (of_findings) {
    read_findings();
    return std::move(result_);
  }
  if (!find_phases()) return std::move(result_);
  if (value_.function == GateFunction::ratio) {
    read_ratio();
    return std::move(result_);
  }
  double seconds = 0;
  for (const BaselinePhase* phase : phases_) seconds += phase->seconds;
  for (const auto& [subject, parts] : parts_of(value_.metrics[0])) {
    const auto value = value_of(parts, seconds);
    if (!value || !std::isfinite(*value)) continue;
    result_.by_subject[subject] = *value;
    result_.n += static_cast<int64_t>(samples_of(parts));
  }
  if (result_.by_subject.empty()) not_kept();
  return std::move(result_);
}

}  // namespace

KeptValues kept_values(const Baseline& run, const GateValue& value) {
  return KeptReader(run, value).read();
}

}  // namespace tidemark
