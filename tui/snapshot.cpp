#include "tui/snapshot.h"

#include <algorithm>

namespace tidemark {
namespace {

constexpr std::array<std::string_view, kFields> kFieldNames = {
    "cpu_user",
    "cpu_system",
    "io_read_bytes",
    "io_write_bytes",
    "minor_faults",
    "major_faults",
    "run_delay",
    "voluntary_switches",
    "involuntary_switches",
    "rss_estimate",
    "rss",
    "rss_anon",
    "rss_shared",
    "fds",
    "threads",
    "rss_file",
    "rss_shmem",
    "swap",
    "page_tables",
    "rss_peak",
    "vm_size",
    "mappings",
    "sockets",
    "fds_file",
    "fds_pipe",
    "fds_other",
    "children",
    "zombies",
    "fd_limit",
    "inotify_watches"};

// Foreign intervals are kept where sums cannot overflow: an hour.
constexpr int64_t kLongest = 3'600'000'000'000;

size_t slot(Field field) { return static_cast<size_t>(field); }

// A counter never falls within one life; if it did, nothing is known.
std::optional<double> per_second(int64_t before, int64_t now,
                                 Nanoseconds span) {
  if (now < before || span <= Nanoseconds(0)) return std::nullopt;
  return static_cast<double>(now - before) / to_seconds(span);
}

}  // namespace

std::string_view field_name(Field field) { return kFieldNames[slot(field)]; }

std::optional<double> ProcessState::value(Field field) const {
  if (!present[slot(field)]) return std::nullopt;
  return static_cast<double>(values[slot(field)]);
}

std::optional<double> ProcessState::rate(Field field) const {
  if (slot(field) >= kCounterFields || !has_rate[slot(field)]) {
    return std::nullopt;
  }
  return rates[slot(field)];
}

std::optional<double> ProcessState::cpu_ratio() const {
  const auto user = rate(Field::cpu_user);
  const auto system = rate(Field::cpu_system);
  if (!user || !system) return std::nullopt;
  return (*user + *system) * 1e-9;
}

Snapshot::Route Snapshot::route(MetricId id, const Dictionary& dictionary) {
  const Metric* metric = dictionary.metric(id);
  if (metric == nullptr) return {};
  if (id.value >= routes_.size()) routes_.resize(id.value + 1);
  Route& known = routes_[id.value];
  if (known.to != Route::To::unknown) return known;
  known.to = Route::To::drop;
  if (metric->subject == SubjectKind::process) {
    const auto* found = std::ranges::find(kFieldNames, metric->name);
    if (found != kFieldNames.end()) {
      known.to = Route::To::process;
      known.field = static_cast<uint8_t>(found - kFieldNames.begin());
    }
  } else {
    known.to = Route::To::other;
  }
  return known;
}

ProcessState& Snapshot::process(SubjectId id) {
  const auto [it, added] = process_index_.try_emplace(id, processes_.size());
  if (added) processes_.emplace_back().id = id;
  return processes_[it->second];
}

const ProcessState* Snapshot::find(SubjectId id) const {
  const auto found = process_index_.find(id);
  return found == process_index_.end() ? nullptr : &processes_[found->second];
}

void Snapshot::put(Route route, const Metric& metric, SubjectId subject,
                   int64_t value) {
  if (route.to == Route::To::process) {
    ProcessState& sample = process(subject);
    sample.ended = false;
    sample.present.set(route.field);
    sample.values[route.field] = value;
  } else if (route.to == Route::To::other) {
    others_.put(metric, subject, value);
  }
}

void Snapshot::apply(const Frame& frame, bool chapter_begin,
                     const Dictionary& dictionary) {
  time_ = frame.time;
  complete_ = frame.complete;
  interval_ = Nanoseconds(std::clamp<int64_t>(frame.interval_ns, 0, kLongest));
  const bool tick = frame.kind == FrameKind::tick;
  if (tick) drop_ended();
  bool read_counters = false;
  for (const Column& column : frame.columns) {
    const Metric* metric = dictionary.metric(column.metric);
    if (metric == nullptr) continue;
    const Route to = route(column.metric, dictionary);
    const size_t size = std::min(column.subjects.size(), column.values.size());
    for (size_t i = 0; i < size; ++i) {
      put(to, *metric, column.subjects[i], column.values[i]);
    }
    read_counters |=
        to.to == Route::To::process && size > 0 && to.field < kCounterFields;
  }
  if (tick && chapter_begin) end_unseen(frame, dictionary);
  for (const SubjectId id : frame.ended) {
    const auto found = process_index_.find(id);
    if (found != process_index_.end()) processes_[found->second].ended = true;
  }
  if (!tick) return;
  if (read_counters) update_rates(frame.time);
  others_.finish(frame, dictionary);
}

// Ended processes stay for the frame that ended them, no longer.
void Snapshot::drop_ended() {
  const auto ended = [](const ProcessState& sample) { return sample.ended; };
  if (std::erase_if(processes_, ended) == 0) return;
  process_index_.clear();
  for (size_t i = 0; i < processes_.size(); ++i) {
    process_index_.emplace(processes_[i].id, i);
  }
}

// The first tick of a chapter repeats every process that is alive; what damage
// hid the end of is found here.
void Snapshot::end_unseen(const Frame& frame, const Dictionary& dictionary) {
  for (const Column& column : frame.columns) {
    const Route to = route(column.metric, dictionary);
    if (to.to != Route::To::process || to.field != slot(Field::cpu_user)) {
      continue;
    }
    for (ProcessState& sample : processes_) sample.ended = true;
    for (const SubjectId id : column.subjects) process(id).ended = false;
  }
}

void Snapshot::update_rates(BootTime time) {
  const Nanoseconds span = time - read_time_;
  for (ProcessState& sample : processes_) {
    for (size_t i = 0; i < kCounterFields; ++i) {
      sample.has_rate.reset(i);
      if (!sample.present[i] || sample.ended) continue;
      if (sample.had_[i]) {
        if (auto rate = per_second(sample.before_[i], sample.values[i], span)) {
          sample.rates[i] = *rate;
          sample.has_rate.set(i);
        }
      }
      sample.before_[i] = sample.values[i];
      sample.had_.set(i);
    }
  }
  read_time_ = time;
}

void Snapshot::preload(MetricId id, SubjectId subject, int64_t value,
                       const Dictionary& dictionary) {
  const Metric* metric = dictionary.metric(id);
  if (metric != nullptr) put(route(id, dictionary), *metric, subject, value);
}

}  // namespace tidemark
