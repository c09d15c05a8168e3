// Which figures of a run are compared, and which direction of each is worse.
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "core/analysis/compare/comparison.h"
#include "core/model/own_role.h"

namespace tidemark {
namespace {

using Figures = std::map<FigureKey, std::pair<FigureInfo, double>>;

// p99 of fewer calls rests on less than five of them.
constexpr int64_t kCallsForP99 = 500, kCallsForP95 = 100;

// The smallest level at which a percentage means something.
constexpr double kBytes = 4 << 20, kBytesPerOp = 64, kShare = 0.01,
                 kPieces = 10, kSeconds = 100e-9, kSecondsPerOp = 1e-6,
                 kPerSecond = 0.1, kRetainedPerMinute = 0.1 * (1 << 20);

bool is_measured(const BaselinePhase& phase) {
  switch (phase.kind) {
    case PhaseKind::load:
    case PhaseKind::steady:
    case PhaseKind::custom: return true;
    default: return false;
  }
}

// Our own programs, and the shells around the test, are no part of it.
bool is_beside(const std::string& role) {
  static const std::set<std::string_view> kBeside = {
      "tidemark", "bash", "sh", "dash", "sleep", "timeout"};
  return kBeside.contains(role) || role == kOwnRole;
}

class FigureMaker {
 public:
  explicit FigureMaker(const Baseline& run) : run_(run) {}
  Figures make();

 private:
  void add_phase(const BaselinePhase& phase);
  void add_level(const BaselinePhase& phase, const BaselineSeries& series);
  void add_counter(const BaselinePhase& phase, const BaselineSeries& series);
  void add_span(const BaselinePhase& phase, const BaselineSeries& series);
  void add_errors(const BaselinePhase& phase, const BaselineSeries& series);
  void add_findings();
  void add(const FigureKey& key, const FigureInfo& info, double value) {
    if (std::isfinite(value)) figures_[key] = {info, value};
  }

  const Baseline& run_;
  Figures figures_;
};

void FigureMaker::add_level(const BaselinePhase& phase,
                            const BaselineSeries& series) {
  static const std::set<std::string_view> kLevels = {
      "rss_anon", "rss_shmem", "heap.live", "fds",
      "threads",  "sockets",   "mappings"};
  if (!kLevels.contains(series.metric) || series.sketch.empty()) return;
  const bool bytes = series.unit == "bytes";
  const FigureInfo info{{Better::less, bytes ? kBytes : kPieces},
                        bytes ? GateDimension::bytes : GateDimension::count,
                        series.unit};
  add({phase.path, series.subject, series.metric, "median"}, info,
      series.median);
  add({phase.path, series.subject, series.metric, "peak"}, info,
      series.sketch.back());
}

void FigureMaker::add_counter(const BaselinePhase& phase,
                              const BaselineSeries& series) {
  if (series.metric.starts_with("op.")) {
    add({phase.path, "", series.metric, "per second"},
        {{Better::more, kPerSecond}, GateDimension::count, "count/s"},
        series.mean);
    return;
  }
  if (series.metric.starts_with("errors.") ||
      series.metric.starts_with("span_errors.")) {
    return add_errors(phase, series);
  }
  const bool cpu = series.metric == "cpu";
  const bool io =
      series.metric == "io_read_bytes" || series.metric == "io_write_bytes";
  if (!cpu && !io) return;
  const auto dimension = cpu ? GateDimension::time : GateDimension::bytes;
  if (series.per_op) {
    add({phase.path, series.subject, series.metric, "per op"},
        {{Better::less, cpu ? kSecondsPerOp : kBytesPerOp},
         dimension,
         cpu ? "seconds/op" : "bytes/op"},
        *series.per_op);
  } else {
    add({phase.path, series.subject, series.metric, "per second"},
        {{Better::less, cpu ? kShare : kBytes},
         cpu ? GateDimension::ratio : GateDimension::bytes,
         cpu ? "ratio" : "bytes/s"},
        series.mean);
  }
}

// Of the operations, or of the calls of the span.
void FigureMaker::add_errors(const BaselinePhase& phase,
                             const BaselineSeries& series) {
  const std::string name = series.metric.substr(series.metric.find('.') + 1);
  const bool of_span = series.metric.starts_with("span_errors.");
  const BaselineSeries* whole =
      phase.find((of_span ? "span." : "op.") + name, "");
  if (whole == nullptr) return;
  const double all =
      of_span ? static_cast<double>(whole->n) : whole->total.value_or(0);
  if (!(all > 0)) return;
  add({phase.path, "", series.metric, "share"},
      {{Better::less, kShare}, GateDimension::ratio, "ratio"},
      series.total.value_or(0) / all);
}

void FigureMaker::add_span(const BaselinePhase& phase,
                           const BaselineSeries& series) {
  if (series.sketch.empty()) return;
  const FigureInfo info{
      {Better::less, kSeconds}, GateDimension::time, "seconds"};
  const auto add_rank = [&](const char* name, double rank) {
    add({phase.path, "", series.metric, name}, info, series.quantile(rank));
  };
  add_rank("p50", 0.5);
  if (series.n >= kCallsForP95) add_rank("p95", 0.95);
  if (series.n >= kCallsForP99) add_rank("p99", 0.99);
}

void FigureMaker::add_phase(const BaselinePhase& phase) {
  for (const BaselineSeries& series : phase.series) {
    if (is_beside(series.subject)) continue;
    switch (series.source) {
      case GateSource::level: add_level(phase, series); break;
      case GateSource::counter: add_counter(phase, series); break;
      case GateSource::span: add_span(phase, series); break;
    }
  }
}

// What stays, of all phases together; of several processes of a role the most.
void FigureMaker::add_findings() {
  for (const BaselineFinding& finding : run_.findings) {
    if (finding.verdict == "inconclusive" || is_beside(finding.subject)) {
      continue;
    }
    const bool bytes = finding.resource.starts_with("rss") ||
                       finding.resource == "heap" ||
                       finding.resource == "kernel_memory";
    const bool by_op = finding.per_op.has_value();
    const double base = bytes ? (by_op ? kBytesPerOp : kRetainedPerMinute)
                              : (by_op ? 0.01 : 1.0);
    const FigureInfo info{
        {Better::less, base},
        bytes ? GateDimension::bytes : GateDimension::count,
        std::string(bytes ? "bytes" : "count") + (by_op ? "/op" : "/min")};
    const FigureKey key{"", finding.subject, finding.resource, "retained"};
    const double value = by_op ? *finding.per_op : finding.per_minute;
    const auto known = figures_.find(key);
    if (known == figures_.end() || value > known->second.second) {
      add(key, info, value);
    }
  }
}

Figures FigureMaker::make() {
  bool any = false;
  for (const BaselinePhase& phase : run_.phases) {
    if (phase.path.empty() || !is_measured(phase) || phase.series.empty()) {
      continue;
    }
    any = true;
    add_phase(phase);
  }
  if (const BaselinePhase* whole = run_.phase(""); !any && whole != nullptr) {
    add_phase(*whole);
  }
  add_findings();
  return std::move(figures_);
}

}  // namespace

Figures figures_of(const Baseline& run) { return FigureMaker(run).make(); }

}  // namespace tidemark
