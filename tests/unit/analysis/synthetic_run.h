// A run made of formulas: processes whose figures are functions of time, and
// marks. Played as frames and events in the way of a recording's reader: only
// values that changed, all of them at the begin of a chapter, and a column
// without values where all were read and none changed. Written to disk as the
// sensors do: every value.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/analysis/run_analysis.h"
#include "core/base/histogram.h"
#include "core/model/dictionary.h"

namespace tidemark::synthetic {

inline constexpr double kBoot = 1000;  // seconds of uptime when a run begins

inline BootTime at(double seconds) {
  return boot_time(std::llround((kBoot + seconds) * 1e6) * 1000);
}

using Formula = std::function<double(double seconds)>;

struct Part {
  SubjectId subject;
  std::map<std::string, Formula> figures;  // by metric
  double begin = 0;
  double end = 1e9;
  std::map<std::string, double> figure_begins = {};
};

struct GapItem {
  BootTime from, to;
  int64_t ticks = 0;
  std::string reason;
};
struct FrameItem {
  Frame frame;
  bool chapter_begin = false;
};
using Item = std::variant<FrameItem, Event, GapItem>;

class RunModel {
 public:
  SubjectId process(const std::string& comm, int32_t pid,
                    const std::string& role = "", double born = -500) {
    Subject subject;
    subject.kind = SubjectKind::process;
    subject.name = comm;
    subject.process = {Pid{pid}, static_cast<uint64_t>((kBoot + born) * 100)};
    subject.role = role;
    subject.watched = true;
    subject.command = comm + std::string(1, '\0') + "--serve";
    return add(subject, born);
  }
  SubjectId client(const std::string& name, SubjectId process) {
    Subject subject = *dictionary_.subject(process);
    subject.kind = SubjectKind::client;
    subject.name = name;
    return add(subject, -500);
  }
  SubjectId host() {
    Subject subject;
    subject.kind = SubjectKind::system;
    return add(subject, -500);
  }
  SubjectId self(const std::string& name) {
    Subject subject;
    subject.kind = SubjectKind::self;
    subject.name = name;
    return add(subject, -500);
  }
  // One cohort of a stack: born in the phase of that ordinal and path.
  SubjectId site(SubjectId owner, SiteKind kind, uint32_t stack,
                 uint32_t cohort, const std::string& path) {
    Subject subject;
    subject.kind = SubjectKind::site;
    subject.name = path;
    subject.owner = owner;
    subject.site_kind = kind;
    subject.stack = StackId(stack);
    subject.cohort = cohort;
    return add(subject, -500);
  }
  // The frames of a stack by name, innermost first: "function file:line", or
  // "" for an address that nobody named. All in one program.
  void stack(uint32_t id, const std::vector<std::string>& names) {
    Stack stack;
    stack.id = StackId(id);
    for (const std::string& name : names) {
      const StackAddress address{ModuleId(0), 0x1000 + 16 * symbols.size()};
      stack.addresses.push_back(address);
      const size_t blank = name.rfind(' ');
      const size_t colon = name.rfind(':');
      AddressSymbols named{address, {}};
      if (blank < colon && colon != std::string::npos) {
        named.frames.push_back(
            {name.substr(0, blank), name.substr(blank + 1, colon - blank - 1),
             static_cast<uint32_t>(std::stoul(name.substr(colon + 1))), false});
      } else if (!name.empty()) {
        named.frames.push_back({name, "", 0, false});
      }
      symbols.push_back(std::move(named));
    }
    stacks.push_back(std::move(stack));
  }
  Module module{ModuleId(0), "/opt/shop/bin/shop_server", "\xb0\x1d\xfa\xce"};
  std::vector<Stack> stacks;
  std::vector<AddressSymbols> symbols;

  void unwatch(SubjectId id) {
    Subject subject = *dictionary_.subject(id);
    subject.watched = false;
    dictionary_.define(subject);
  }

  void figure(SubjectId id, const std::string& metric, Formula formula) {
    define(metric, dictionary_.subject(id)->kind);
    part(id).figures[metric] = std::move(formula);
  }
  // The figure is first read then.
  void begins(SubjectId id, const std::string& metric, double seconds) {
    part(id).figure_begins[metric] = seconds;
  }
  void counts(SubjectId id, const std::string& metric, double per_second) {
    figure(id, metric, [per_second](double t) { return per_second * t; });
  }
  // A span that takes nanoseconds(i) for its i-th call, `per_second` calls.
  void span(SubjectId client, const std::string& name, double per_second,
            std::function<uint64_t(int64_t)> nanoseconds) {
    define("span." + name, SubjectKind::client, MetricKind::histogram);
    spans_.push_back(
        {client, "span." + name, per_second, std::move(nanoseconds), {}, 0});
  }
  void ends(SubjectId id, double seconds) { part(id).end = seconds; }

  void phase(SubjectId client, const std::string& name, PhaseKind kind,
             double from, double to) {
    mark(client, EventKind::phase_begin, name, from, kind);
    mark(client, EventKind::phase_end, name, to, kind);
  }
  Event& mark(SubjectId client, EventKind kind, const std::string& name,
              double seconds, PhaseKind phase_kind = PhaseKind::custom) {
    Event event;
    event.time = at(seconds);
    event.kind = kind;
    event.subject = client;
    event.name = name;
    event.phase_kind = phase_kind;
    event.sequence = ++sequence_;
    events_.push_back(event);
    return events_.back();
  }
  void event(const Event& event) { events_.push_back(event); }
  // No tick between the two; `reason` empty: nobody says so.
  void gap(double from, double to, const std::string& reason) {
    gaps_.push_back({at(from), at(to), std::llround(to - from), reason});
  }

  // Ticks each second from 0 to `seconds`, edges at phase marks.
  std::vector<Item> items(double seconds, bool changed_only);

  void play(RunAnalysis& analysis, double seconds) {
    for (const Item& item : items(seconds, true)) {
      if (const auto* frame = std::get_if<FrameItem>(&item)) {
        analysis.on_frame(frame->frame, frame->chapter_begin, dictionary_);
      } else if (const auto* event = std::get_if<Event>(&item)) {
        analysis.on_event(*event);
      } else {
        const auto& gap = std::get<GapItem>(item);
        analysis.on_gap(gap.from, gap.to, gap.ticks, gap.reason);
      }
    }
  }
  RunSummary summarize(double seconds) {
    RunAnalysis analysis;
    play(analysis, seconds);
    return analysis.summarize(dictionary_);
  }
  const Dictionary& dictionary() const { return dictionary_; }

 private:
  struct SpanSource {
    SubjectId client;
    std::string metric;
    double per_second;
    std::function<uint64_t(int64_t)> nanoseconds;
    Histogram histogram;
    int64_t calls;
  };

  SubjectId add(Subject subject, double born) {
    subject.id = SubjectId{static_cast<uint32_t>(parts_.size())};
    parts_.push_back({subject.id, {}, born, 1e9});
    dictionary_.define(subject);
    return subject.id;
  }
  Part& part(SubjectId id) { return parts_[id.value]; }
  void define(const std::string& name, SubjectKind subject,
              MetricKind kind = MetricKind::gauge) {
    if (dictionary_.find_metric(name) != nullptr) return;
    static constexpr const char* kCounters[] = {
        "cpu_user",        "cpu_system",       "minor_faults",
        "major_faults",    "io_read_bytes",    "io_write_bytes",
        "run_delay",       "self.cpu",         "self.dropped",
        "self.probe_time", "site.alloc_bytes", "site.alloc_count"};
    for (const char* counter : kCounters) {
      if (name == counter) kind = MetricKind::counter;
    }
    if (name.starts_with("op.") || name.starts_with("span_errors.") ||
        name.starts_with("host.cpu_")) {
      kind = MetricKind::counter;
    }
    Metric metric;
    metric.id = MetricId{static_cast<uint32_t>(dictionary_.metrics().size())};
    metric.name = name;
    metric.subject = subject;
    metric.kind = kind;
    dictionary_.define(metric);
  }
  Frame frame(double seconds, FrameKind kind, bool all_values);
  bool in_gap(BootTime time) const {
    return std::any_of(gaps_.begin(), gaps_.end(), [&](const GapItem& gap) {
      return gap.from <= time && time < gap.to;
    });
  }

  Dictionary dictionary_;
  std::vector<Part> parts_;  // by subject id
  std::vector<SpanSource> spans_;
  std::vector<Event> events_;
  std::vector<GapItem> gaps_;
  std::map<std::pair<uint32_t, uint32_t>, int64_t> known_;
  std::vector<bool> ended_;
  uint64_t sequence_ = 0;
};

inline Frame RunModel::frame(double seconds, FrameKind kind, bool all_values) {
  Frame frame;
  frame.time = at(seconds);
  frame.kind = kind;
  frame.interval_ns = 1'000'000'000;
  if (all_values) known_.clear();
  ended_.resize(parts_.size());
  for (const Metric& metric : dictionary_.metrics()) {
    Column column;
    column.metric = metric.id;
    column.read_begin = frame.time;
    bool is_read = false;
    for (const Part& part : parts_) {
      const auto figure = part.figures.find(metric.name);
      const auto begin = part.figure_begins.find(metric.name);
      if (figure == part.figures.end() || seconds < part.begin ||
          seconds >= part.end ||
          (begin != part.figure_begins.end() && seconds < begin->second)) {
        continue;
      }
      is_read = true;
      const int64_t value = std::llround(figure->second(seconds));
      const auto key = std::pair(metric.id.value, part.subject.value);
      const auto [known, is_new] = known_.try_emplace(key, value);
      if (!is_new && known->second == value) continue;
      known->second = value;
      column.subjects.push_back(part.subject);
      column.values.push_back(value);
    }
    if (is_read) frame.columns.push_back(std::move(column));
  }
  for (SpanSource& span : spans_) {
    while (static_cast<double>(span.calls) < span.per_second * seconds) {
      span.histogram.record(span.nanoseconds(span.calls++));
    }
    frame.histograms.push_back(
        {dictionary_.find_metric(span.metric)->id, span.client,
         span.histogram.sum(), span.histogram.max(), span.histogram.buckets()});
  }
  for (const Part& part : parts_) {
    if (seconds >= part.end && !ended_[part.subject.value]) {
      ended_[part.subject.value] = true;
      frame.ended.push_back(part.subject);
    }
  }
  return frame;
}

inline std::vector<Item> RunModel::items(double seconds, bool changed_only) {
  std::vector<std::pair<double, FrameKind>> times;
  for (double t = 0; t <= seconds; t += 1) {
    if (!in_gap(at(t))) times.push_back({t, FrameKind::tick});
  }
  for (const Event& event : events_) {
    const double t = to_seconds(event.time.time_since_epoch()) - kBoot;
    if (is_mark(event.kind)) times.push_back({t, FrameKind::edge});
  }
  std::stable_sort(
      times.begin(), times.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::pair<BootTime, Item>> timed;
  for (const Event& event : events_) timed.push_back({event.time, event});
  for (const GapItem& gap : gaps_) {
    if (!gap.reason.empty()) timed.push_back({gap.to, gap});
  }
  int in_chapter = 0;
  for (const auto& [t, kind] : times) {
    const bool chapter_begin = in_chapter++ % 60 == 0;
    const bool all_values = chapter_begin || !changed_only;
    timed.push_back(
        {at(t), FrameItem{frame(t, kind, all_values), chapter_begin}});
  }
  std::stable_sort(
      timed.begin(), timed.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Item> items;
  for (auto& [time, item] : timed) items.push_back(std::move(item));
  return items;
}

}  // namespace tidemark::synthetic
