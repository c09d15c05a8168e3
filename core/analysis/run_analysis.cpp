#include "core/analysis/run_analysis.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/analysis/edge_histograms.h"
#include "core/analysis/event_log.h"
#include "core/analysis/findings_builder.h"
#include "core/analysis/phase_use.h"
#include "core/analysis/quality.h"
#include "core/analysis/series_store.h"
#include "core/analysis/site_findings.h"
#include "core/analysis/site_store.h"
#include "core/model/own_role.h"

namespace tidemark {
namespace {

// Times of a foreign file are kept where sums of two cannot overflow.
BootTime sane(BootTime time) {
  constexpr int64_t kLatest = int64_t{1} << 61;
  return boot_time(std::clamp(to_ns(time), int64_t{0}, kLatest));
}

bool is_note(EventKind kind) {
  return kind == EventKind::note || kind == EventKind::snapshot ||
         kind == EventKind::attribute || kind == EventKind::alert ||
         kind == EventKind::oom_kill || kind == EventKind::exit;
}

}  // namespace

struct RunAnalysis::Impl {
  VerdictOptions verdict;
  SeriesStore store;
  SiteStore sites;
  EdgeHistograms histograms;
  EventLog log;
  QualityMeter quality;
  PhaseTracker live;  // in order of arrival
  BootTime first = BootTime::max(), last = BootTime::min();
  BootTime first_frame = BootTime::max();

  void saw(BootTime time) {
    first = std::min(first, time);
    last = std::max(last, time);
  }
  RunSummary summarize(const Dictionary& dictionary) const;
  void summarize_phases(RunSummary& summary, const OpsTable& ops) const;
  std::vector<Finding> judge_process(const RunReadings& readings,
                                     const ProcessCurves& process,
                                     const OpsTable::Primary& primary,
                                     const SiteIndex& site_index) const;
  void summarize_processes(RunSummary& summary, const OpsTable& ops,
                           const std::vector<Event>& events,
                           const std::vector<Phase>& phases, bool is_marked,
                           const Dictionary& dictionary) const;
};

RunAnalysis::RunAnalysis(VerdictOptions options)
    : impl_(std::make_unique<Impl>()) {
  impl_->verdict = options;
}
RunAnalysis::RunAnalysis(RunAnalysis&&) noexcept = default;
RunAnalysis& RunAnalysis::operator=(RunAnalysis&&) noexcept = default;
RunAnalysis::~RunAnalysis() = default;

void RunAnalysis::on_frame(const Frame& frame, bool /*chapter_begin*/,
                           const Dictionary& dictionary) {
  const BootTime time = sane(frame.time);
  if (time != frame.time) return;  // no clock says this
  impl_->saw(time);
  impl_->first_frame = std::min(impl_->first_frame, time);
  impl_->store.on_frame(frame, dictionary);
  impl_->sites.on_frame(frame, dictionary);
  impl_->histograms.on_frame(frame, dictionary);
  impl_->quality.on_frame(frame, dictionary);
}

void RunAnalysis::on_event(const Event& event) {
  if (sane(event.time) != event.time) return;
  if (event.kind == EventKind::exit) impl_->store.on_exit(event);
  if (event.kind == EventKind::command_begin) {
    impl_->histograms.on_command(event.subject);
  }
  if (!impl_->log.add(event)) return;
  if (is_mark(event.kind)) impl_->saw(event.time);
  if (impl_->live.apply(event)) impl_->histograms.on_edge(event.time);
}

void RunAnalysis::on_gap(BootTime from, BootTime to, int64_t ticks,
                         const std::string& reason) {
  impl_->quality.on_gap(sane(from), sane(to), std::max<int64_t>(ticks, 0),
                        reason);
}

const PhaseTracker& RunAnalysis::phases() const { return impl_->live; }

const SeriesStore& RunAnalysis::series() const { return impl_->store; }

const EdgeHistograms& RunAnalysis::spans() const { return impl_->histograms; }

std::vector<Event> RunAnalysis::events() const { return impl_->log.sorted(); }

RunSummary RunAnalysis::summarize(const Dictionary& dictionary) const {
  return impl_->summarize(dictionary);
}

namespace {

// The whole run as one phase, for a run that nobody marked.
Phase whole_run(const RunSummary& summary) {
  Phase phase;
  phase.path = "run";
  phase.begin = summary.begin;
  phase.end = summary.end;
  phase.status = PhaseStatus::ended;
  return phase;
}

Span span_of(const Phase& phase, const RunSummary& summary) {
  return {phase.begin, phase.end_in(summary.end)};
}

void take_notes(RunSummary& summary, const std::vector<Event>& events,
                const SeriesStore& store) {
  for (const Event& event : events) {
    if (event.kind == EventKind::command_end) {
      summary.command_status = event.value;
    }
    const bool is_others_exit = event.kind == EventKind::exit &&
                                !store.processes().contains(event.subject);
    if (is_note(event.kind) && !is_others_exit) summary.notes.push_back(event);
  }
}

}  // namespace

RunSummary RunAnalysis::Impl::summarize(const Dictionary& dictionary) const {
  RunSummary summary;
  if (first > last) return summary;
  summary.begin = first;
  summary.end = last;
  const std::vector<Event> events = log.sorted();
  PhaseTracker tracker;
  for (const Event& event : events) tracker.apply(event);
  summary.runs = tracker.runs();
  std::vector<Phase> phases = tracker.phases();
  const bool is_marked = !phases.empty();
  if (!is_marked) phases.push_back(whole_run(summary));
  for (Phase& phase : phases) {
    summary.phases.push_back({.phase = phase});
  }
  const OpsTable ops(store, dictionary, events);
  summarize_phases(summary, ops);
  summarize_processes(summary, ops, events, phases, is_marked, dictionary);
  take_notes(summary, events, store);
  summary.quality = quality.summarize(events);
  return summary;
}

namespace {

// The spans of all phases of one path.
struct PathSpans {
  std::map<std::string, Histogram> histograms;
  std::map<std::string, double> errors;
  double seconds = 0;
};

}  // namespace

void RunAnalysis::Impl::summarize_phases(RunSummary& summary,
                                         const OpsTable& ops) const {
  std::map<std::string, OpsCurve> errors;
  for (const auto& [id, client] : store.clients()) {
    for (const auto& [name, series] : client.span_errors) {
      errors[name].add(CounterCurve(series.unpack()));
    }
  }
  std::map<std::string, PathSpans> paths;
  for (PhaseUse& use : summary.phases) {
    const Span span = span_of(use.phase, summary);
    for (const auto& [name, curve] : ops.all()) {
      const auto count = std::llround(curve.growth(span));
      if (count > 0) use.ops[name] = count;
    }
    PathSpans here{histograms.between(span), {}, to_seconds(span.length())};
    PathSpans& path = paths[use.phase.path];
    for (const auto& [name, curve] : errors) {
      here.errors[name] = curve.growth(span);
      path.errors[name] += here.errors[name];
    }
    for (const auto& [name, histogram] : here.histograms) {
      path.histograms[name].merge(histogram);
    }
    path.seconds += here.seconds;
    use.spans = span_stats(here.histograms, here.errors, here.seconds);
  }
  for (const auto& [path, spans] : paths) {
    std::vector<SpanStats>& stats = summary.path_spans[path];
    stats = span_stats(spans.histograms, spans.errors, spans.seconds);
    for (SpanStats& span : stats) {
      span.bins = duration_bins(spans.histograms.at(span.name));
    }
  }
}

std::vector<Finding> RunAnalysis::Impl::judge_process(
    const RunReadings& readings, const ProcessCurves& process,
    const OpsTable::Primary& primary, const SiteIndex& site_index) const {
  static const std::vector<SiteRow> kNoRows;
  const auto rows = site_index.find(process.subject);
  const auto known = sites.heaps().find(process.subject);
  const HeapFigures heap =
      known == sites.heaps().end() ? HeapFigures() : known->second;
  // A sample stands for that many bytes; a quarter of it is what 16 of them,
  // the least that says something, make 64 steps of.
  const double step = static_cast<double>(heap.sample_bytes) / 4;
  std::vector<Finding> findings =
      findings_of(readings, process, store, primary, std::max(step, 16.0));
  if (rows != site_index.end() || heap.seen) {
    add_sites(findings, readings, process, primary,
              rows == site_index.end() ? kNoRows : rows->second, heap);
  }
  return findings;
}

void RunAnalysis::Impl::summarize_processes(
    RunSummary& summary, const OpsTable& ops, const std::vector<Event>& events,
    const std::vector<Phase>& phases, bool is_marked,
    const Dictionary& dictionary) const {
  const Span run{summary.begin, summary.end};
  const RunReadings readings{
      run,     phases,   plan_readings(phases, events, run), quality.coverage(),
      verdict, is_marked};
  const std::vector<Reading> frames = store.frames().unpack();
  const SiteIndex site_index = index_sites(sites, dictionary);
  for (const auto& [id, series] : store.processes()) {
    const Subject* subject = dictionary.subject(id);
    if (subject == nullptr || subject->role == kOwnRole) continue;
    const Span life = store.life(series);
    const ProcessCurves process = unpack(id, series, life);
    const OpsTable::Primary primary = ops.primary(subject->process);
    if (const auto rows = site_index.find(id); rows != site_index.end()) {
      std::ranges::move(
          site_totals(rows->second,
                      cohort_phases(readings, life, primary, rows->second)),
          std::back_inserter(summary.sites));
    }
    for (PhaseUse& use : summary.phases) {
      const Span span = overlap(span_of(use.phase, summary), life);
      if (span.empty()) continue;
      use.subjects.push_back(use_in(process, span, frames, primary));
    }
    if (!is_judged(life, run) && id != store.processes().begin()->first) {
      ++summary.too_brief;
      continue;
    }
    for (Finding& finding :
         judge_process(readings, process, primary, site_index)) {
      summary.findings.push_back(std::move(finding));
    }
  }
  control_false_discoveries(summary.findings);
  sort_worst_first(summary.findings);
}

}  // namespace tidemark
