#include <algorithm>
#include <optional>
#include <utility>

#include "core/analysis/gates.h"
#include "report/gate_lines.h"
#include "report/report.h"

namespace tidemark {
namespace {

// Feeds one item to the analysis; returns whether it was a reading.
bool feed(RunAnalysis& analysis, GateStore* gates, TimelineBuilder* timeline,
          const RecordingItem& item, const Dictionary& dictionary) {
  if (item.frame != nullptr) {
    analysis.on_frame(*item.frame, item.chapter_begin, dictionary);
    if (gates != nullptr) gates->on_frame(*item.frame, dictionary);
    if (timeline != nullptr) timeline->on_frame(*item.frame, dictionary);
    return true;
  }
  if (item.events != nullptr) {
    for (const Event& event : *item.events) {
      analysis.on_event(event);
      if (gates != nullptr) gates->on_event(event);
    }
  }
  if (item.gap != nullptr) {
    const Gap& gap = *item.gap;
    analysis.on_gap(gap.from, gap.to, gap.ticks, gap.reason);
    if (timeline != nullptr) timeline->on_gap(gap.from, gap.to);
  }
  return false;
}

double part_of(const std::pair<BootTime, BootTime>& span, BootTime time) {
  const double whole = to_seconds(span.second - span.first);
  const double done = to_seconds(time - span.first);
  return whole > 0 ? std::clamp(done / whole, 0.0, 1.0) : 1.0;
}

// What the host has of a thing, as a line in its chart.
void add_limits(Timeline& timeline, const RecordingInfo& info) {
  for (TimelineChart& chart : timeline.charts) {
    const bool is_cpu = chart.id == "cpu" || chart.id == "host_cpu";
    const bool is_memory =
        chart.id == "memory" || chart.id == "heap" || chart.id == "host_memory";
    const int64_t limit = is_cpu      ? info.cpu_count
                          : is_memory ? info.memory_bytes
                                      : 0;
    if (limit > 0) {
      chart.limits.push_back({"host has", static_cast<double>(limit)});
    }
  }
}

// Where a gate's metric is drawn; "" nowhere.
std::string_view chart_of(const GateExpr& gate) {
  static constexpr std::pair<std::string_view, std::string_view> kCharts[] = {
      {"rss_anon", "memory"},      {"heap.live", "heap"},
      {"heap.live_bytes", "heap"}, {"fds", "fds"},
      {"threads", "threads"},      {"cpu", "cpu"}};
  if (gate.is_change || gate.value.per != GatePer::none ||
      gate.value.metrics.size() != 1) {
    return "";
  }
  switch (gate.value.function) {
    case GateFunction::max:
    case GateFunction::min:
    case GateFunction::mean:
    case GateFunction::median:
    case GateFunction::quantile:
    case GateFunction::first:
    case GateFunction::last: break;
    default: return "";  // its limit is no level of the chart
  }
  for (const auto& [metric, chart] : kCharts) {
    if (gate.value.metrics.front().name == metric) return chart;
  }
  return "";
}

// A gate on a level is a line in the chart of that level.
void add_limits(Timeline& timeline, const std::vector<Gate>& gates) {
  for (const Gate& gate : gates) {
    const std::string_view id = chart_of(gate.expr);
    for (TimelineChart& chart : timeline.charts) {
      if (chart.id != id) continue;
      chart.limits.push_back(
          {gate.expr.label.empty() ? gate.expr.text : gate.expr.label,
           gate.expr.limit.value});
    }
  }
}

}  // namespace

Result<ReportData> load_report(const std::string& path,
                               const LoadOptions& options) {
  TIDEMARK_TRY(RecordingReader reader, RecordingReader::open(path));
  std::optional<std::pair<BootTime, BootTime>> span;
  if (options.progress || options.timeline) {
    if (auto known = reader.span()) span = *known;
  }
  std::optional<TimelineBuilder> timeline;
  if (options.timeline && span) {
    const TimelineSpan over = options.columns.value_or(TimelineSpan{
        span->first, span->second, Nanoseconds(reader.info().interval_ns)});
    timeline.emplace(over.begin, over.end, over.interval);
  }
  auto mark = options.marks.begin();
  RunAnalysis analysis(options.verdict);
  std::optional<GateStore> gates;
  if (!options.gates.empty()) gates.emplace(options.gates);
  int64_t frames = 0;
  while (const auto item = reader.next()) {
    for (; mark != options.marks.end() && mark->time <= item->time; ++mark) {
      analysis.on_event(*mark);
      if (gates) gates->on_event(*mark);
    }
    if (feed(analysis, gates ? &*gates : nullptr,
             timeline ? &*timeline : nullptr, *item, reader.dictionary())) {
      ++frames;
    }
    if (options.progress && span && frames % 256 == 0)
      options.progress(part_of(*span, item->time));
  }
  if (frames == 0) {
    return fail(ErrorKind::malformed, path + ": holds no reading");
  }
  RunSummary summary = analysis.summarize(reader.dictionary());
  constexpr int64_t kSecond = 1'000'000'000;
  auto suppressed = apply_suppressions(
      options.suppressions,
      reader.info().anchor.realtime_at(summary.begin) / kSecond, summary,
      reader.dictionary(), reader.stacks());
  std::vector<GateResult> results;
  if (gates) {
    const GateOptions judging{reader.info().cpu_count, options.ci};
    results = evaluate_gates(options.gates, *gates, analysis, summary,
                             reader.dictionary(), judging);
  }
  ReportData data =
      make_report(path, reader.info(), std::move(summary), reader.dictionary());
  add_gates(data, std::move(results));
  data.suppressions = std::move(suppressed);
  data.has_borrowed_phases = !options.marks.empty();
  data.stacks = reader.stacks();
  data.closed = reader.closed();
  data.damages = reader.damages();
  if (timeline) data.timeline = timeline->finish();
  add_limits(data.timeline, data.info);
  add_limits(data.timeline, options.gates);
  return data;
}

}  // namespace tidemark
