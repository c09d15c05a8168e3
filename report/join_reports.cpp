#include "report/join_reports.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "report/gate_lines.h"

namespace tidemark {
namespace {

// Behind every subject that a recording of ours has; below what the dictionary
// allows.
constexpr uint32_t kStrangers = Dictionary::kMaxSubjects / 2;

// What lies between a recording's clock and another's.
Nanoseconds shift_between(const ClockAnchor& from, const ClockAnchor& to) {
  return Nanoseconds((from.realtime_ns - from.boot_ns) -
                     (to.realtime_ns - to.boot_ns));
}

// ------------------------------------------------------------ what is read

struct Source {
  RecordingInfo info;
  std::pair<BootTime, BootTime> span;
  std::vector<Event> marks;  // of runs and phases
  bool has_phases = false;
};

Result<Source> look_into(const std::string& path) {
  TIDEMARK_TRY(RecordingReader reader, RecordingReader::open(path));
  Source source{reader.info(), {}, {}, false};
  TIDEMARK_TRY(source.span, reader.span());
  while (const auto item = reader.next()) {
    if (item->events == nullptr) continue;
    for (const Event& event : *item->events) {
      if (!is_mark(event.kind) || event.kind == EventKind::note) continue;
      source.has_phases |= event.kind == EventKind::phase_begin;
      source.marks.push_back(event);
    }
  }
  return source;
}

// The marks of all others, on this one's clock, for one that has none.
std::vector<Event> borrowed_marks(const std::vector<Source>& sources,
                                  size_t borrower) {
  std::vector<Event> marks;
  if (sources[borrower].has_phases) return marks;
  for (size_t i = 0; i < sources.size(); ++i) {
    if (i == borrower || !sources[i].has_phases) continue;
    const Nanoseconds shift =
        shift_between(sources[i].info.anchor, sources[borrower].info.anchor);
    for (Event event : sources[i].marks) {
      event.time += shift;
      // A client of another recording's dictionary: here a number of nobody.
      if (event.subject.valid()) {
        event.subject = SubjectId(kStrangers + event.subject.value);
      }
      marks.push_back(std::move(event));
    }
    break;  // one host's phases: several hosts' would be told twice
  }
  std::ranges::stable_sort(marks, {}, &Event::time);
  return marks;
}

// ---------------------------------------------------------------- joining

class Joiner {
 public:
  explicit Joiner(std::vector<ReportData> reports)
      : reports_(std::move(reports)), joined_(std::move(reports_.front())) {
    for (const ReportData& report : reports_) own_phases_ += has_own(report);
    own_phases_ += has_own(joined_);
    name_hosts();
  }

  ReportData join() {
    RunSummary& summary = joined_.summary;
    place_at(joined_, names_.front());
    for (size_t i = 1; i < reports_.size(); ++i) add(reports_[i], names_[i]);
    joined_.run_name = run_names();
    joined_.info.host.clear();
    for (const std::string& name : names_) {
      joined_.info.host += (joined_.info.host.empty() ? "" : ", ") + name;
    }
    std::ranges::stable_sort(summary.phases, {}, [](const PhaseUse& use) {
      return use.phase.begin;
    });
    std::ranges::stable_sort(summary.notes, {}, &Event::time);
    std::ranges::stable_sort(summary.findings, {}, [](const Finding& finding) {
      return rank(finding.verdict);
    });
    joined_.begin_ns = joined_.unix_ns(summary.begin);
    joined_.end_ns = joined_.unix_ns(summary.end);
    recount(joined_);
    add_gates(joined_, std::move(joined_.gates));
    return std::move(joined_);
  }

 private:
  static bool has_own(const ReportData& report) {
    return !report.summary.phases.empty() && !report.has_borrowed_phases;
  }
  static int rank(Verdict verdict) {
    switch (verdict) {
      case Verdict::leak: return 0;
      case Verdict::suspect: return 1;
      case Verdict::saturating: return 2;
      case Verdict::step: return 3;
      case Verdict::inconclusive: return 4;
      case Verdict::startup: return 5;
      case Verdict::none: return 6;
    }
    return 6;
  }
  // The host, or the file where two are of one host.
  void name_hosts() {
    std::vector<std::string> hosts = {joined_.info.host};
    for (size_t i = 1; i < reports_.size(); ++i) {
      hosts.push_back(reports_[i].info.host);
    }
    for (size_t i = 0; i < hosts.size(); ++i) {
      const bool is_one = std::ranges::count(hosts, hosts[i]) == 1;
      const std::string& path = i == 0 ? joined_.path : reports_[i].path;
      names_.push_back(is_one && !hosts[i].empty() ? hosts[i] : path);
    }
  }
  // Names that say which host is meant.
  void place_at(ReportData& report, const std::string& host) {
    const std::string at = "@" + host;
    for (auto& [id, facts] : report.processes) facts.role += at;
    if (own_phases_ > 1 && has_own(report)) {
      for (PhaseUse& use : report.summary.phases) use.phase.path += at;
      std::map<std::string, std::vector<SpanStats>> spans;
      for (auto& [path, stats] : report.summary.path_spans) {
        spans[path + at] = std::move(stats);
      }
      report.summary.path_spans = std::move(spans);
    }
    for (TimelineChart& chart : report.timeline.charts) {
      for (TimelineSeries& series : chart.series) series.name += at;
      for (TimelineLimit& limit : chart.limits) limit.name += at;
    }
    for (Quality::Degrade& one : report.summary.quality.degraded) {
      one.what += at;
    }
    for (GateResult& gate : report.gates) {
      if (!gate.subject.empty()) gate.subject += at;
    }
    report.hosts.push_back(report.info);
  }

  void add(ReportData& report, const std::string& host);
  void renumber(ReportData& report);
  void move_clock(ReportData& report);
  void add_stacks(const ReportData& report);
  void add_phases(std::vector<PhaseUse>& phases);
  void add_charts(Timeline& timeline);
  void add_quality(const Quality& quality);
  void take_gates(std::vector<GateResult>& gates);
  std::string run_names() const;

  std::vector<ReportData> reports_;
  ReportData joined_;
  std::vector<std::string> names_;
  int own_phases_ = 0;
  uint32_t next_subject_ = 0, next_module_ = 0, next_stack_ = 0;
};

template <typename T>
void append(std::vector<T>& to, std::vector<T>& from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

void Joiner::add(ReportData& report, const std::string& host) {
  place_at(report, host);
  renumber(report);
  move_clock(report);
  RunSummary& from = report.summary;
  RunSummary& to = joined_.summary;
  to.begin = std::min(to.begin, from.begin);
  to.end = std::max(to.end, from.end);
  add_phases(from.phases);
  for (auto& [path, stats] : from.path_spans) {
    append(to.path_spans[path], stats);
  }
  append(to.findings, from.findings);
  append(to.sites, from.sites);
  append(to.notes, from.notes);
  if (!report.has_borrowed_phases) append(to.runs, from.runs);
  to.too_brief += from.too_brief;
  add_quality(from.quality);
  add_charts(report.timeline);
  take_gates(report.gates);
  joined_.processes.merge(report.processes);
  append(joined_.hosts, report.hosts);
  append(joined_.damages, report.damages);
  joined_.closed &= report.closed;
  joined_.path += ", " + report.path;
  joined_.testbed += "; " + host + ": " + report.testbed;
  if (joined_.command.empty()) {
    joined_.command = report.command;
    joined_.command_exit_code = report.command_exit_code;
    joined_.command_signal = report.command_signal;
  }
}

// Numbers behind those of the reports before.
void Joiner::renumber(ReportData& report) {
  for (const auto& [id, facts] : joined_.processes) {
    next_subject_ = std::max(next_subject_, id.value + 1);
  }
  for (const auto& [id, module] : joined_.stacks.modules()) {
    next_module_ = std::max(next_module_, id.value + 1);
  }
  for (const auto& [id, stack] : joined_.stacks.stacks()) {
    next_stack_ = std::max(next_stack_, id.value + 1);
  }
  const auto subject = [this](SubjectId& id) {
    if (id.valid()) id = SubjectId(id.value + next_subject_);
  };
  const auto stack = [this](StackId& id) {
    if (id.valid()) id = StackId(id.value + next_stack_);
  };
  std::map<SubjectId, ProcessFacts> processes;
  for (auto& [id, facts] : report.processes) {
    processes.emplace(SubjectId(id.value + next_subject_), std::move(facts));
  }
  report.processes = std::move(processes);
  for (Finding& finding : report.summary.findings) {
    subject(finding.subject);
    for (FindingSite& site : finding.sites) stack(site.stack);
  }
  for (SiteTotals& site : report.summary.sites) {
    subject(site.process);
    stack(site.stack);
  }
  for (PhaseUse& use : report.summary.phases) {
    for (SubjectUse& one : use.subjects) subject(one.subject);
  }
  for (Event& note : report.summary.notes) subject(note.subject);
  add_stacks(report);
}

void Joiner::add_stacks(const ReportData& report) {
  const auto moved = [this](StackAddress address) {
    if (address.module.valid()) {
      address.module = ModuleId(address.module.value + next_module_);
    }
    return address;
  };
  for (auto [id, module] : report.stacks.modules()) {
    module.id = ModuleId(id.value + next_module_);
    joined_.stacks.define(std::move(module));
  }
  for (auto [id, stack] : report.stacks.stacks()) {
    stack.id = StackId(id.value + next_stack_);
    for (StackAddress& address : stack.addresses) address = moved(address);
    joined_.stacks.define(std::move(stack));
  }
  for (const auto& [address, frames] : report.stacks.names()) {
    joined_.stacks.define(AddressSymbols{moved(address), frames});
  }
}

void Joiner::move_clock(ReportData& report) {
  const Nanoseconds shift =
      shift_between(report.info.anchor, joined_.info.anchor);
  RunSummary& summary = report.summary;
  for (BootTime* time :
       {&summary.begin, &summary.end, &report.timeline.begin}) {
    *time += shift;
  }
  for (Run& run : summary.runs) {
    run.begin += shift;
    run.end += shift;
  }
  for (PhaseUse& use : summary.phases) {
    use.phase.begin += shift;
    use.phase.end += shift;
  }
  for (Event& note : summary.notes) note.time += shift;
  for (Quality::Missing& gap : summary.quality.gaps) {
    gap.from += shift;
    gap.to += shift;
  }
}

// A borrowed phase is the one it was borrowed from.
void Joiner::add_phases(std::vector<PhaseUse>& phases) {
  for (PhaseUse& use : phases) {
    const auto same = std::ranges::find_if(
        joined_.summary.phases, [&use](const PhaseUse& other) {
          return other.phase.path == use.phase.path &&
                 other.phase.cycle == use.phase.cycle;
        });
    if (same == joined_.summary.phases.end()) {
      joined_.summary.phases.push_back(std::move(use));
    } else {
      append(same->subjects, use.subjects);
    }
  }
}

void Joiner::add_charts(Timeline& timeline) {
  if (joined_.timeline.charts.empty()) {
    joined_.timeline = std::move(timeline);
    return;
  }
  for (TimelineChart& chart : timeline.charts) {
    const auto same = std::ranges::find(joined_.timeline.charts, chart.id,
                                        &TimelineChart::id);
    if (same == joined_.timeline.charts.end()) {
      joined_.timeline.charts.push_back(std::move(chart));
      continue;
    }
    append(same->series, chart.series);
    append(same->limits, chart.limits);
    same->left_out += chart.left_out;
  }
}

void Joiner::add_quality(const Quality& from) {
  Quality& to = joined_.summary.quality;
  to.coverage = std::min(to.coverage, from.coverage);
  to.level += "; " + from.level;
  for (const auto& [cause, count] : from.dropped) to.dropped[cause] += count;
  to.gaps.insert(to.gaps.end(), from.gaps.begin(), from.gaps.end());
  to.degraded.insert(to.degraded.end(), from.degraded.begin(),
                     from.degraded.end());
  to.self_cpu_seconds += from.self_cpu_seconds;
  to.self_rss_peak_bytes =
      std::max(to.self_rss_peak_bytes, from.self_rss_peak_bytes);
  to.self_probe_seconds += from.self_probe_seconds;
}

// The worst of the hosts on which a gate found what it looks at.
void Joiner::take_gates(std::vector<GateResult>& gates) {
  const auto badness = [](const GateResult& gate) {
    if (gate.no_data) return -1;
    switch (gate.status) {
      case GateStatus::pass: return 0;
      case GateStatus::inconclusive: return 1;
      case GateStatus::warn: return 2;
      case GateStatus::fail: return 3;
    }
    return 0;
  };
  for (size_t i = 0; i < gates.size() && i < joined_.gates.size(); ++i) {
    if (badness(gates[i]) > badness(joined_.gates[i])) {
      joined_.gates[i] = std::move(gates[i]);
    }
  }
}

// Several hosts see one run: its name once.
std::string Joiner::run_names() const {
  std::string names;
  std::set<std::string> told;
  for (const Run& run : joined_.summary.runs) {
    if (!told.insert(run.name).second) continue;
    names += (names.empty() ? "" : ", ") + run.name;
  }
  return names;
}

}  // namespace

ReportData join_reports(std::vector<ReportData> reports) {
  if (reports.size() == 1) return std::move(reports.front());
  return Joiner(std::move(reports)).join();
}

Result<ReportData> load_reports(const std::vector<std::string>& paths,
                                const LoadOptions& options) {
  if (paths.size() == 1) return load_report(paths.front(), options);
  std::vector<Source> sources;
  for (const std::string& path : paths) {
    TIDEMARK_TRY(Source source, look_into(path));
    sources.push_back(std::move(source));
  }
  // The charts of all lie over the same time, in as many columns.
  int64_t begin_ns = INT64_MAX;
  int64_t end_ns = INT64_MIN;
  int64_t interval_ns = 0;
  for (const Source& source : sources) {
    const ClockAnchor& anchor = source.info.anchor;
    begin_ns = std::min(begin_ns, anchor.realtime_at(source.span.first));
    end_ns = std::max(end_ns, anchor.realtime_at(source.span.second));
    interval_ns = std::max(interval_ns, source.info.interval_ns);
  }
  std::vector<ReportData> reports;
  for (size_t i = 0; i < paths.size(); ++i) {
    LoadOptions one = options;
    const ClockAnchor& anchor = sources[i].info.anchor;
    const int64_t offset = anchor.realtime_ns - anchor.boot_ns;
    one.columns =
        TimelineSpan{boot_time(begin_ns - offset), boot_time(end_ns - offset),
                     Nanoseconds(interval_ns)};
    one.marks = borrowed_marks(sources, i);
    TIDEMARK_TRY(ReportData report, load_report(paths[i], one));
    reports.push_back(std::move(report));
  }
  return join_reports(std::move(reports));
}

}  // namespace tidemark
