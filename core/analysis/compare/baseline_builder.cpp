#include "core/analysis/compare/baseline_builder.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/analysis/floors.h"
#include "core/analysis/gate_scope.h"
#include "core/analysis/gate_series.h"
#include "core/analysis/phase_use.h"
#include "core/base/order_statistics.h"
#include "core/base/text.h"
#include "core/base/trend.h"

namespace tidemark {
namespace {

constexpr std::string_view kStandard[] = {"cpu",
                                          "rss_anon",
                                          "rss_shmem",
                                          "heap.live",
                                          "fds",
                                          "threads",
                                          "sockets",
                                          "mappings",
                                          "io_read_bytes",
                                          "io_write_bytes",
                                          "minor_faults",
                                          "major_faults",
                                          "run_delay",
                                          "host.cpu",
                                          "host.cpu_steal",
                                          "host.mem_available",
                                          "pressure.cpu_some",
                                          "pressure.io_some",
                                          "pressure.memory_some",
                                          "op.*",
                                          "errors.*",
                                          "span_errors.*",
                                          "counter.*",
                                          "gauge.*"};

std::vector<std::string> wanted_metrics(std::span<const std::string> more) {
  std::vector<std::string> all(std::begin(kStandard), std::end(kStandard));
  for (const std::string& name : more) {
    const bool covered = std::ranges::any_of(
        all, [&](const std::string& glob) { return glob_match(glob, name); });
    if (!covered && gate_metric(name)) all.push_back(name);
  }
  return all;
}

std::vector<Gate> as_gates(const std::vector<std::string>& metrics) {
  std::vector<Gate> gates;
  for (const std::string& name : metrics) {
    Gate gate;
    gate.expr.value.metrics.push_back({name, {}, 0});
    gates.push_back(std::move(gate));
  }
  return gates;
}

// The unit of a metric's samples, as gates name it.
std::string unit_of(const std::string& metric) {
  GateExpr gate;
  gate.value.metrics.push_back({metric, {}, 0});
  return gate_unit(gate).name;
}

using Samples = std::map<BootTime, double>;

// One metric of one role in one phase: its processes added up.
struct Gathered {
  std::vector<std::vector<GateSample>> cycles;
  double total = 0, ops = 0;
};

std::vector<double> values_of(const Gathered& gathered) {
  std::vector<double> values;
  for (const auto& cycle : gathered.cycles) {
    for (const GateSample& sample : cycle) values.push_back(sample.value);
  }
  return values;
}

void take_samples(BaselineSeries& series, std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  series.n = static_cast<int64_t>(values.size());
  if (values.empty()) return;
  std::ranges::sort(values);
  series.mean = mean(values).value_or(0);
  series.median = median(values).value_or(0);
  series.mad = median_absolute_deviation(values).value_or(0);
  series.deviation = standard_deviation(values);
  for (const double rank : kSketchRanks) {
    series.sketch.push_back(quantile(values, rank).value_or(0));
  }
}

// The levels that a long phase falls back to; of several cycles those of each
// that is long enough, on one axis of time inside of the phase.
void take_floors(BaselineSeries& series, const Gathered& gathered) {
  std::vector<double> minutes;
  double before = 0;
  for (const auto& cycle : gathered.cycles) {
    if (cycle.empty()) continue;
    std::vector<Finding::Point> points;
    for (const GateSample& sample : cycle) {
      points.push_back(
          {to_seconds(sample.time - cycle.front().time), 0, sample.value});
    }
    for (const Finding::Point& floor : reduce_to_floors(points, true).points) {
      minutes.push_back((before + floor.seconds) / 60);
      series.floors.push_back(floor.value);
    }
    before += points.back().seconds;
  }
  if (series.floors.size() >= kLeastFloors) {
    series.slope_per_minute = theil_sen_slope(minutes, series.floors);
  }
  if (series.floors.size() <= kMostFloors) return;
  std::vector<double> fewer;
  for (size_t i = 0; i < kMostFloors; ++i) {
    fewer.push_back(
        series.floors[i * (series.floors.size() - 1) / (kMostFloors - 1)]);
  }
  series.floors = std::move(fewer);
}

class PhaseFigures {
 public:
  PhaseFigures(const GateStore& store, const GateNames& names,
               const OpsTable& ops, const EdgeHistograms& histograms,
               int64_t cpu_count)
      : store_(store),
        names_(names),
        ops_(ops),
        histograms_(histograms),
        cpu_count_(cpu_count) {}

  void add_series(BaselinePhase& phase, const std::vector<Span>& spans,
                  const std::string& metric) const;
  void add_spans(BaselinePhase& phase, const std::vector<Span>& spans) const;

 private:
  using ByRole = std::map<std::string, Gathered>;
  void gather(const GateSeries& series, const GateMetricInfo& info,
              const std::vector<Span>& spans, ByRole& roles) const;
  std::string role_of(const GateSeries& series,
                      const GateMetricInfo& info) const;

  const GateStore& store_;
  const GateNames& names_;
  const OpsTable& ops_;
  const EdgeHistograms& histograms_;
  int64_t cpu_count_;
};

std::string PhaseFigures::role_of(const GateSeries& series,
                                  const GateMetricInfo& info) const {
  const Subject* subject = names_.dictionary().subject(series.subject());
  const bool is_alone = info.subject == SubjectKind::system ||
                        info.subject == SubjectKind::client;
  return subject == nullptr || is_alone ? "" : names_.role(*subject);
}

void PhaseFigures::gather(const GateSeries& series, const GateMetricInfo& info,
                          const std::vector<Span>& spans, ByRole& roles) const {
  std::vector<std::vector<GateSample>> cycles;
  bool is_known = false;
  for (const Span& span : spans) {
    cycles.push_back(series.samples(span));
    is_known = is_known || !cycles.back().empty();
  }
  if (!is_known) return;
  Gathered& sum = roles[role_of(series, info)];
  sum.cycles.resize(spans.size());
  const Subject* subject = names_.dictionary().subject(series.subject());
  const auto primary =
      ops_.primary(subject == nullptr ? ProcessKey() : subject->process);
  double ops = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    Samples joined;
    for (const GateSample& sample : sum.cycles[i]) {
      joined[sample.time] += sample.value;
    }
    for (const GateSample& sample : cycles[i]) {
      joined[sample.time] += sample.value;
    }
    sum.cycles[i].clear();
    for (const auto& [time, value] : joined) {
      sum.cycles[i].push_back({time, value});
    }
    sum.total += series.growth(spans[i]);
    if (primary.curve != nullptr) ops += primary.curve->growth(spans[i]);
  }
  // The processes of one role share the run's operations, or one counts them.
  sum.ops = std::max(sum.ops, ops);
}

void PhaseFigures::add_series(BaselinePhase& phase,
                              const std::vector<Span>& spans,
                              const std::string& metric) const {
  GateMetricInfo info = gate_metric(metric).value_or(GateMetricInfo());
  if (info.of_all_cpus) {
    info.scale /= static_cast<double>(std::max<int64_t>(1, cpu_count_));
  }
  ByRole roles;
  for (const GateSeries& series :
       gate_series({metric, {}, 0}, info, store_, names_)) {
    gather(series, info, spans, roles);
  }
  for (const auto& [role, gathered] : roles) {
    BaselineSeries series{.metric = metric, .subject = role};
    series.source = info.source;
    series.unit = unit_of(metric);
    take_samples(series, values_of(gathered));
    if (series.n == 0) continue;
    if (info.source == GateSource::counter) {
      series.total = gathered.total;
      if (gathered.ops > 0) series.per_op = gathered.total / gathered.ops;
      // Per second over all of the phase: not a mean of samples.
      const double seconds = seconds_of(spans);
      if (seconds > 0) series.mean = gathered.total / seconds;
    } else {
      take_floors(series, gathered);
    }
    phase.series.push_back(std::move(series));
  }
}

void PhaseFigures::add_spans(BaselinePhase& phase,
                             const std::vector<Span>& spans) const {
  std::map<std::string, Histogram> merged;
  for (const Span& span : spans) {
    for (const auto& [name, histogram] : histograms_.between(span)) {
      merged[name].merge(histogram);
    }
  }
  for (const auto& [name, histogram] : merged) {
    if (histogram.empty()) continue;
    const auto at = [&histogram](double rank) {
      return static_cast<double>(histogram.quantile(rank).value_or(0)) * 1e-9;
    };
    BaselineSeries series{.metric = "span." + name,
                          .source = GateSource::span,
                          .unit = "seconds"};
    series.n = static_cast<int64_t>(histogram.count());
    series.mean = histogram.mean().value_or(0) * 1e-9;
    series.median = at(0.5);
    series.mad = (at(0.75) - at(0.25)) / 2;
    for (const double rank : kSketchRanks) series.sketch.push_back(at(rank));
    series.total = static_cast<double>(histogram.sum()) * 1e-9;
    phase.series.push_back(std::move(series));
  }
}

struct PathSpans {
  BaselinePhase phase;
  std::vector<Span> spans;
};

// The whole run, then each path with its cycles.
std::vector<PathSpans> paths_of(const RunSummary& summary) {
  std::vector<PathSpans> paths(1);
  paths[0].phase.cycles = 1;
  paths[0].spans = {{summary.begin, summary.end}};
  std::map<std::string, size_t> places;
  for (const PhaseUse& use : summary.phases) {
    const auto [place, is_new] =
        places.try_emplace(use.phase.path, paths.size());
    if (is_new) {
      paths.emplace_back().phase.path = use.phase.path;
      paths.back().phase.kind = use.phase.kind;
    }
    PathSpans& path = paths[place->second];
    ++path.phase.cycles;
    if (use.phase.status == PhaseStatus::aborted) {
      ++path.phase.aborted;
      continue;
    }
    const bool is_open = use.phase.status == PhaseStatus::open;
    const Span span{use.phase.begin, is_open ? summary.end : use.phase.end};
    if (!span.empty()) path.spans.push_back(span);
  }
  for (PathSpans& path : paths) path.phase.seconds = seconds_of(path.spans);
  return paths;
}

void add_findings(const RunSummary& summary, const GateNames& names,
                  Baseline& baseline) {
  for (const Finding& finding : summary.findings) {
    const Subject* subject = names.dictionary().subject(finding.subject);
    if (subject == nullptr) continue;
    BaselineFinding kept{.subject = names.role(*subject),
                         .resource = resource_name(finding.resource),
                         .verdict = verdict_name(finding.verdict)};
    const bool by_op = finding.slope_per_op.has_value();
    const Estimate& slope =
        by_op ? *finding.slope_per_op : finding.slope_per_minute;
    kept.per_minute = finding.slope_per_minute.value;
    if (!std::isfinite(kept.per_minute)) continue;
    if (by_op && std::isfinite(slope.value)) {
      kept.op = finding.op_name;
      kept.per_op = slope.value;
    }
    if (std::isfinite(slope.lo)) kept.lo = slope.lo;
    if (std::isfinite(slope.hi)) kept.hi = slope.hi;
    kept.n = slope.n;
    baseline.findings.push_back(std::move(kept));
  }
}

// The time of processors per second, over the phases under load, or the run.
class HostTime {
 public:
  explicit HostTime(const Baseline& run) {
    for (const BaselinePhase& phase : run.phases) {
      const bool loaded =
          phase.kind == PhaseKind::load || phase.kind == PhaseKind::steady;
      if (loaded && !phase.series.empty()) phases_.push_back(&phase);
    }
    const BaselinePhase* whole = run.phase("");
    if (phases_.empty() && whole != nullptr) phases_ = {whole};
  }

  // The mean of a metric of the host, or of all roles; absent: nowhere read.
  std::optional<double> mean(std::string_view metric) const {
    double sum = 0, seconds = 0;
    bool any = false;
    for (const BaselinePhase* phase : phases_) {
      seconds += phase->seconds;
      for (const BaselineSeries& series : phase->series) {
        if (series.metric != metric) continue;
        any = true;
        sum += series.mean * phase->seconds;
      }
    }
    return any && seconds > 0 ? std::optional(sum / seconds) : std::nullopt;
  }

 private:
  std::vector<const BaselinePhase*> phases_;
};

std::optional<Interference> interference_of(const Baseline& run,
                                            int64_t cpu_count) {
  const HostTime time(run);
  const auto all = time.mean("host.cpu");
  if (!all || cpu_count <= 0) return std::nullopt;
  const auto cpus = static_cast<double>(cpu_count);
  Interference found;
  found.steal = time.mean("host.cpu_steal").value_or(0) / cpus;
  const double own = time.mean("cpu").value_or(0) / cpus;
  found.others = std::max(0.0, *all - found.steal - own);
  found.pressure = time.mean("pressure.cpu_some").value_or(0);
  return found;
}

// Client metrics by the names they have in this recording.
std::vector<std::string> names_in(const GateStore& store,
                                  const std::vector<std::string>& metrics) {
  std::vector<std::string> names;
  for (const std::string& metric : metrics) {
    if (metric.find('*') == std::string::npos) {
      names.push_back(metric);
      continue;
    }
    std::set<std::string> found;
    for (const GateStore::Metric& kept : store.metrics()) {
      if (!kept.name.empty() && glob_match(metric, kept.name)) {
        found.insert(kept.name);
      }
    }
    names.insert(names.end(), found.begin(), found.end());
  }
  return names;
}

}  // namespace

std::span<const std::string_view> baseline_metrics() { return kStandard; }

BaselineBuilder::BaselineBuilder(std::span<const std::string> more,
                                 int64_t cpu_count)
    : metrics_(wanted_metrics(more)),
      store_(as_gates(metrics_)),
      cpu_count_(cpu_count) {}

// KEY=VALUE that a client said of the whole run.
void BaselineBuilder::on_event(const Event& event) {
  constexpr size_t kMostAttributes = 64;
  store_.on_event(event);
  if (event.kind != EventKind::attribute || event.value != 0) return;
  const size_t at = event.name.find('=');
  if (at == std::string::npos || at == 0) return;
  if (attributes_.size() >= kMostAttributes) return;
  attributes_[event.name.substr(0, at)] = event.name.substr(at + 1);
}

void BaselineBuilder::finish(const RunAnalysis& analysis,
                             const RunSummary& summary,
                             const Dictionary& dictionary,
                             Baseline& baseline) const {
  const GateNames names(dictionary);
  const OpsTable ops(analysis.series(), dictionary, analysis.events());
  const PhaseFigures figures(store_, names, ops, analysis.spans(), cpu_count_);
  const std::vector<std::string> metrics = names_in(store_, metrics_);
  for (PathSpans& path : paths_of(summary)) {
    if (!path.spans.empty()) {
      for (const std::string& metric : metrics) {
        figures.add_series(path.phase, path.spans, metric);
      }
      figures.add_spans(path.phase, path.spans);
    }
    baseline.phases.push_back(std::move(path.phase));
  }
  add_findings(summary, names, baseline);
  baseline.attributes = attributes_;
  baseline.interference = interference_of(baseline, cpu_count_);
}

}  // namespace tidemark
