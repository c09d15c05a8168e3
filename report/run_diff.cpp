#include "report/run_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/analysis/gate_series.h"
#include "core/analysis/phases.h"
#include "core/analysis/site_title.h"
#include "core/base/text.h"
#include "core/store/recording_reader.h"

namespace tidemark {
namespace {

// In the order they are told.
constexpr const char* kDiffMetrics[] = {
    "rss_anon",    "rss_file",        "rss_shmem",
    "swap",        "heap.live_bytes", "heap.live_count",
    "page_tables", "mappings",        "fds",
    "fds_file",    "sockets",         "fds_pipe",
    "fds_other",   "threads",         "children",
    "zombies",     "inotify_watches"};

// The sample that answers a mark comes within this time.
constexpr Nanoseconds kEdgeLag = std::chrono::milliseconds(50);

struct NamedInstants {
  std::vector<std::pair<std::string, BootTime>> all;
  BootTime begin = BootTime::max(), end = BootTime::min();
};

void add_phases(NamedInstants& instants, const PhaseTracker& phases) {
  for (const Phase& phase : phases.phases()) {
    const bool is_open = phase.status == PhaseStatus::open;
    const BootTime end = is_open ? instants.end : phase.end;
    instants.all.emplace_back(phase.label(true) + ".begin", phase.begin);
    instants.all.emplace_back(phase.label(true) + ".end", end);
    if (phase.cycle == 1) {
      instants.all.emplace_back(phase.path + ".begin", phase.begin);
      instants.all.emplace_back(phase.path + ".end", end);
      continue;
    }
    const auto last =
        std::ranges::find(instants.all, phase.path + ".end",
                          &std::pair<std::string, BootTime>::first);
    last->second = end;
  }
}

// The end of a run whose processes have all ended is when they were last seen:
// after it there is nothing to compare.
class LastSeen {
 public:
  void on_event(const Event& event, const Dictionary& dictionary) {
    const Subject* subject = dictionary.subject(event.subject);
    const bool is_exit = event.kind == EventKind::exit;
    if (!is_exit || subject == nullptr || !subject->watched) return;
    ended_.insert(event.subject);
    last_ = std::max(last_, event.time);
  }
  BootTime end(const Dictionary& dictionary, const NamedInstants& run) const {
    for (const Subject& subject : dictionary.subjects()) {
      if (!subject.id.valid() || subject.kind != SubjectKind::process) continue;
      if (subject.watched && !ended_.contains(subject.id)) return run.end;
    }
    const BootTime before = last_ - kEdgeLag - Nanoseconds(1);
    return ended_.empty() ? run.end : std::max(before, run.begin);
  }

 private:
  std::set<SubjectId> ended_;
  BootTime last_ = BootTime::min();
};

Result<NamedInstants> read_instants(const std::string& path) {
  TIDEMARK_TRY(RecordingReader reader, RecordingReader::open(path));
  NamedInstants instants;
  LastSeen seen;
  PhaseTracker phases;
  std::map<std::string, int> snapshots;
  while (const auto item = reader.next()) {
    if (item->frame != nullptr || item->events != nullptr) {
      instants.begin = std::min(instants.begin, item->time);
      instants.end = std::max(instants.end, item->time);
    }
    if (item->events == nullptr) continue;
    for (const Event& event : *item->events) {
      phases.apply(event);
      seen.on_event(event, reader.dictionary());
      if (event.kind != EventKind::snapshot) continue;
      const int n = ++snapshots[event.name];
      const std::string which = n == 1 ? "" : "#" + std::to_string(n);
      instants.all.emplace_back(event.name + which, event.time);
    }
  }
  if (instants.end < instants.begin) {
    return fail(ErrorKind::malformed, path + ": holds no reading");
  }
  add_phases(instants, phases);
  instants.all.emplace_back("begin", instants.begin);
  instants.all.emplace_back("end", seen.end(reader.dictionary(), instants));
  return instants;
}

Result<Instant> find_instant(const NamedInstants& instants,
                             std::string_view name) {
  const auto at = [&](BootTime time) {
    return Instant{std::string(name), time, to_seconds(time - instants.begin)};
  };
  if (name.starts_with('+')) {
    TIDEMARK_TRY(const Nanoseconds after, parse_duration(name.substr(1)));
    if (instants.begin + after > instants.end) {
      return fail(
          ErrorKind::usage,
          fmt::format("'{}' is behind the end of the recording, +{}", name,
                      format_duration(instants.end - instants.begin)));
    }
    return at(instants.begin + after);
  }
  const auto found = std::ranges::find(
      instants.all, name,
      [](const auto& each) -> std::string_view { return each.first; });
  if (found != instants.all.end()) return at(found->second);
  std::vector<std::string_view> names;
  for (const auto& [known, time] : instants.all) names.push_back(known);
  return fail(ErrorKind::usage,
              unknown_message("snapshot or phase edge", name, names));
}

// What is known of all processes and sites at one instant.
struct State {
  struct Site {
    double bytes = 0, count = 0;
  };
  std::map<SubjectId, std::map<std::string, double>> levels;
  std::map<std::tuple<SubjectId, SiteKind, StackId>, Site> sites;
};

class StateReader {
 public:
  explicit StateReader(RecordingReader& reader) : reader_(reader) {}
  // In ascending order of time.
  State at(BootTime time);
  const Dictionary& dictionary() const { return reader_.dictionary(); }

 private:
  State state() const;
  void add_levels(State& state, const char* name) const;
  void add_sites(State& state, const char* name, bool bytes) const;

  RecordingReader& reader_;
};

State StateReader::at(BootTime time) {
  // seek() leaves the state of the frame before; the answer to the mark is
  // the last one within the lag, and the first one there is at the begin.
  static_cast<void>(reader_.seek(time + kEdgeLag));
  const bool is_first = reader_.dictionary().subjects().empty();
  if (is_first) {
    while (const auto item = reader_.next()) {
      if (item->frame != nullptr) break;
    }
  }
  return state();
}

void StateReader::add_levels(State& state, const char* name) const {
  for (const Metric& metric : dictionary().metrics()) {
    if (metric.name != name) continue;
    reader_.for_each_value(metric.id, [&](SubjectId id, int64_t value) {
      const Subject* subject = dictionary().subject(id);
      if (subject == nullptr || subject->kind != SubjectKind::process ||
          !subject->watched) {
        return;
      }
      state.levels[id][name] = static_cast<double>(value);
    });
  }
}

void StateReader::add_sites(State& state, const char* name, bool bytes) const {
  for (const Metric& metric : dictionary().metrics()) {
    if (metric.name != name) continue;
    reader_.for_each_value(metric.id, [&](SubjectId id, int64_t value) {
      const Subject* subject = dictionary().subject(id);
      if (subject == nullptr || subject->kind != SubjectKind::site) return;
      State::Site& site =
          state.sites[{subject->owner, subject->site_kind, subject->stack}];
      (bytes ? site.bytes : site.count) += static_cast<double>(value);
    });
  }
}

State StateReader::state() const {
  State state;
  for (const char* name : kDiffMetrics) add_levels(state, name);
  add_sites(state, "site.live_bytes", true);
  add_sites(state, "site.live_count", false);
  return state;
}

Unit unit_of(const Dictionary& dictionary, const std::string& name) {
  for (const Metric& metric : dictionary.metrics()) {
    if (metric.name == name) return metric.unit;
  }
  return Unit::none;
}

class Differ {
 public:
  Differ(const State& before, const State& after, const Dictionary& dictionary,
         const StackTable& stacks)
      : before_(before),
        after_(after),
        dictionary_(dictionary),
        stacks_(stacks),
        names_(dictionary) {}

  std::vector<ProcessDiff> processes();

 private:
  ProcessDiff process(SubjectId id);
  void add_sites(SubjectId id, ProcessDiff& diff);

  const State& before_;
  const State& after_;
  const Dictionary& dictionary_;
  const StackTable& stacks_;
  GateNames names_;
};

ProcessDiff Differ::process(SubjectId id) {
  static const std::map<std::string, double> kNothing;
  const Subject& subject = *dictionary_.subject(id);
  ProcessDiff diff{subject.process, names_.role(subject), subject.name};
  diff.is_new = !before_.levels.contains(id);
  diff.ended = !after_.levels.contains(id);
  const auto& was = diff.is_new ? kNothing : before_.levels.at(id);
  const auto& is = diff.ended ? kNothing : after_.levels.at(id);
  for (const char* name : kDiffMetrics) {
    LevelDiff level{name, unit_of(dictionary_, name), {}, {}};
    if (const auto old = was.find(name); old != was.end()) {
      level.before = old->second;
    }
    if (const auto now = is.find(name); now != is.end()) {
      level.after = now->second;
    }
    if (level.before || level.after) diff.levels.push_back(std::move(level));
  }
  add_sites(id, diff);
  return diff;
}

// Stacks that read alike, called from two instructions of a line, are one.
void add_site(std::vector<SiteDiff>& sites, SiteDiff site) {
  const auto same = std::ranges::find_if(sites, [&](const SiteDiff& each) {
    return each.kind == site.kind && each.title == site.title &&
           each.callers == site.callers;
  });
  if (same == sites.end()) {
    sites.push_back(std::move(site));
    return;
  }
  same->bytes_before += site.bytes_before;
  same->bytes_after += site.bytes_after;
  same->count_before += site.count_before;
  same->count_after += site.count_after;
}

void Differ::add_sites(SubjectId id, ProcessDiff& diff) {
  std::map<std::pair<SiteKind, StackId>, SiteDiff> sites;
  const auto take = [&](const State& state, bool after) {
    for (const auto& [key, site] : state.sites) {
      const auto& [owner, kind, stack] = key;
      if (owner != id) continue;
      SiteDiff& each = sites[{kind, stack}];
      each.kind = kind;
      each.stack = stack;
      (after ? each.bytes_after : each.bytes_before) = site.bytes;
      (after ? each.count_after : each.count_before) = site.count;
    }
  };
  take(before_, false);
  take(after_, true);
  for (auto& [key, site] : sites) {
    if (site.bytes_before == site.bytes_after &&
        site.count_before == site.count_after) {
      continue;
    }
    const auto frames = stacks_.resolve(site.stack);
    site.title = site_title(frames);
    site.callers = caller_texts(frames);
    add_site(diff.sites, std::move(site));
  }
  std::ranges::stable_sort(diff.sites, [](const auto& a, const auto& b) {
    const auto growth = [](const SiteDiff& each) {
      return std::pair(each.bytes_after - each.bytes_before,
                       each.count_after - each.count_before);
    };
    return growth(a) > growth(b);
  });
}

double memory_growth(const ProcessDiff& diff) {
  double sum = 0;
  for (const LevelDiff& level : diff.levels) {
    const bool is_own = level.metric == "rss_anon" || level.metric == "swap";
    if (is_own) sum += level.change();
  }
  return sum;
}

std::vector<ProcessDiff> Differ::processes() {
  std::vector<ProcessDiff> all;
  std::map<SubjectId, bool> ids;
  for (const auto& [id, levels] : before_.levels) ids[id] = true;
  for (const auto& [id, levels] : after_.levels) ids[id] = true;
  for (const auto& [id, known] : ids) {
    if (dictionary_.subject(id) != nullptr) all.push_back(process(id));
  }
  std::ranges::stable_sort(all, std::ranges::greater(), memory_growth);
  return all;
}

}  // namespace

Result<RunDiff> diff_run(const std::string& path, std::string_view before,
                         std::string_view after) {
  TIDEMARK_TRY(const NamedInstants instants, read_instants(path));
  RunDiff diff;
  TIDEMARK_TRY(diff.before, find_instant(instants, before));
  TIDEMARK_TRY(diff.after, find_instant(instants, after));
  if (diff.after.time <= diff.before.time) {
    return fail(
        ErrorKind::usage,
        fmt::format("'{}' ({:.1f} s) does not come before '{}' "
                    "({:.1f} s)",
                    before, diff.before.seconds, after, diff.after.seconds));
  }
  TIDEMARK_TRY(RecordingReader reader, RecordingReader::open(path));
  StateReader states(reader);
  const State first = states.at(diff.before.time);
  const State second = states.at(diff.after.time);
  // Names of stacks follow them, up to the end of the file.
  while (reader.next()) {
  }
  Differ differ(first, second, reader.dictionary(), reader.stacks());
  diff.processes = differ.processes();
  return diff;
}

}  // namespace tidemark
