#include <algorithm>
#include <optional>
#include <utility>

#include "core/analysis/compare/baseline_builder.h"
#include "core/analysis/gates.h"
#include "report/baselines/run_figures.h"
#include "report/gate_lines.h"
#include "report/report.h"

namespace tidemark {
namespace {

// All that a recording is fed to; what is absent was not asked for.
struct Readers {
  RunAnalysis analysis;
  std::optional<GateStore> gates;
  std::optional<BaselineBuilder> figures;
  std::optional<TimelineBuilder> timeline;

  void on_frame(const RecordingItem& item, const Dictionary& dictionary);
  void on_event(const Event& event);
  void on_gap(const Gap& gap);
};

void Readers::on_frame(const RecordingItem& item,
                       const Dictionary& dictionary) {
  analysis.on_frame(*item.frame, item.chapter_begin, dictionary);
  if (gates) gates->on_frame(*item.frame, dictionary);
  if (figures) figures->on_frame(*item.frame, dictionary);
  if (timeline) timeline->on_frame(*item.frame, dictionary);
}

void Readers::on_event(const Event& event) {
  analysis.on_event(event);
  if (gates) gates->on_event(event);
  if (figures) figures->on_event(event);
}

void Readers::on_gap(const Gap& gap) {
  analysis.on_gap(gap.from, gap.to, gap.ticks, gap.reason);
  if (timeline) timeline->on_gap(gap.from, gap.to);
}

// Feeds one item; returns whether it was a reading.
bool feed(Readers& readers, const RecordingItem& item,
          const Dictionary& dictionary) {
  if (item.frame != nullptr) readers.on_frame(item, dictionary);
  if (item.events != nullptr) {
    for (const Event& event : *item.events) readers.on_event(event);
  }
  if (item.gap != nullptr) readers.on_gap(*item.gap);
  return item.frame != nullptr;
}

bool wants_figures(const LoadOptions& options) {
  return options.figures ||
         std::ranges::any_of(options.gates, [](const Gate& gate) {
           return gate.expr.is_change;
         });
}

// What change() gates speak of is kept beside the usual.
std::vector<std::string> changed_metrics(const std::vector<Gate>& gates) {
  std::vector<std::string> names;
  for (const Gate& gate : gates) {
    if (!gate.expr.is_change) continue;
    for (const GateMetric& metric : gate.expr.value.metrics) {
      names.push_back(metric.name);
    }
  }
  return names;
}

using Extent = std::optional<std::pair<BootTime, BootTime>>;

Readers make_readers(const LoadOptions& options, const RecordingInfo& info,
                     const Extent& span) {
  Readers readers{RunAnalysis(options.verdict), {}, {}, {}};
  if (options.timeline && span) {
    const TimelineSpan over = options.columns.value_or(
        TimelineSpan{span->first, span->second, Nanoseconds(info.interval_ns)});
    readers.timeline.emplace(over.begin, over.end, over.interval);
  }
  if (!options.gates.empty()) readers.gates.emplace(options.gates);
  if (wants_figures(options)) {
    readers.figures.emplace(changed_metrics(options.gates), info.cpu_count);
  }
  return readers;
}

double part_of(const std::pair<BootTime, BootTime>& span, BootTime time) {
  const double whole = to_seconds(span.second - span.first);
  const double done = to_seconds(time - span.first);
  return whole > 0 ? std::clamp(done / whole, 0.0, 1.0) : 1.0;
}

// Feeds a recording to its end, with the marks that are not in it; returns how
// many readings there were.
int64_t feed_all(Readers& readers, RecordingReader& reader,
                 const LoadOptions& options, const Extent& span) {
  auto mark = options.marks.begin();
  int64_t frames = 0;
  while (const auto item = reader.next()) {
    for (; mark != options.marks.end() && mark->time <= item->time; ++mark) {
      readers.on_event(*mark);
    }
    if (feed(readers, *item, reader.dictionary())) ++frames;
    if (options.progress && span && frames % 256 == 0)
      options.progress(part_of(*span, item->time));
  }
  return frames;
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
  Extent span;
  if (options.progress || options.timeline) {
    if (auto known = reader.span()) span = *known;
  }
  Readers readers = make_readers(options, reader.info(), span);
  if (feed_all(readers, reader, options, span) == 0) {
    return fail(ErrorKind::malformed, path + ": holds no reading");
  }
  RunSummary summary = readers.analysis.summarize(reader.dictionary());
  constexpr int64_t kSecond = 1'000'000'000;
  auto suppressed = apply_suppressions(
      options.suppressions,
      reader.info().anchor.realtime_at(summary.begin) / kSecond, summary,
      reader.dictionary(), reader.stacks());
  std::optional<Baseline> kept;
  if (readers.figures) {
    kept.emplace();
    readers.figures->finish(readers.analysis, summary, reader.dictionary(),
                            *kept);
  }
  std::vector<GateResult> results;
  if (readers.gates) {
    const GateOptions judging{reader.info().cpu_count, options.ci,
                              kept ? &*kept : nullptr, options.references};
    results = evaluate_gates(options.gates, *readers.gates, readers.analysis,
                             summary, reader.dictionary(), judging);
  }
  ReportData data =
      make_report(path, reader.info(), std::move(summary), reader.dictionary());
  add_gates(data, std::move(results));
  data.suppressions = std::move(suppressed);
  data.has_borrowed_phases = !options.marks.empty();
  data.stacks = reader.stacks();
  data.closed = reader.closed();
  data.damages = reader.damages();
  if (readers.timeline) data.timeline = readers.timeline->finish();
  add_limits(data.timeline, data.info);
  add_limits(data.timeline, options.gates);
  if (kept) data.figures = with_head(std::move(*kept), data);
  return data;
}

}  // namespace tidemark
