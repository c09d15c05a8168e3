#include "core/analysis/series_store.h"

#include <algorithm>
#include <string_view>

#include "core/analysis/foreign_times.h"

namespace tidemark {
namespace {

constexpr std::array<const char*, kKeptCount> kNames = {
    "cpu_user",
    "cpu_system",
    "minor_faults",
    "major_faults",
    "io_read_bytes",
    "io_write_bytes",
    "run_delay",
    "rss_anon",
    "swap",
    "rss_shmem",
    "fds",
    "sockets",
    "threads",
    "mappings",
    "children",
    "rss_file",
    "heap.live_bytes",
    "growth.fault_bytes",
    "growth.fault_heap_bytes",
    "growth.fault_stack_bytes",
    "growth.arena_bytes"};

bool strip(std::string_view& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  return true;
}

// The time of value `index` of a column that was read evenly over its span.
BootTime read_time(const Column& column, size_t index) {
  const auto size = static_cast<int64_t>(column.values.size());
  const auto part = static_cast<int64_t>(index);
  return column.read_begin + column.read_span / size * part;
}

}  // namespace

SeriesStore::Rule SeriesStore::rule_of(const Metric& metric) {
  std::string_view name = metric.name;
  if (metric.subject == SubjectKind::process) {
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) return {Use::ignored};
    return {Use::process, static_cast<Kept>(found - kNames.begin()), ""};
  }
  if (metric.kind != MetricKind::counter) return {Use::ignored};
  if (strip(name, "op.")) return {Use::op, Kept::cpu_user, std::string(name)};
  if (strip(name, "span_errors.")) {
    return {Use::span_error, Kept::cpu_user, std::string(name)};
  }
  return {Use::ignored};
}

const SeriesStore::Rule& SeriesStore::rule(MetricId id,
                                           const Dictionary& dictionary) {
  static const Rule kIgnored{Use::ignored};
  if (id.value >= dictionary.metrics().size()) return kIgnored;
  if (id.value >= rules_.size()) {
    rules_.resize(dictionary.metrics().size());
    read_before_.resize(rules_.size());
  }
  Rule& rule = rules_[id.value];
  if (rule.use == Use::unknown) {
    const Metric* metric = dictionary.metric(id);
    if (metric == nullptr) return kIgnored;
    rule = rule_of(*metric);
  }
  return rule;
}

void SeriesStore::on_frame(const Frame& frame, const Dictionary& dictionary) {
  const BootTime frame_before = frames_.last().time;
  frames_.append(frame.time, 0);
  for (const Column& column : frame.columns) {
    const Rule& use = rule(column.metric, dictionary);
    if (!is_sound(column)) continue;
    if (use.use == Use::process) {
      take_process_column(column, use.kept, dictionary);
    } else if (use.use == Use::op || use.use == Use::span_error) {
      take_client_column(column, use, dictionary);
    } else {
      continue;
    }
    BootTime& before = read_before_[column.metric.value];
    before = std::max(before, column.read_begin);
  }
  for (const SubjectId id : frame.ended) end_process(id, frame_before);
}

// A frame tells of an end only when it was noticed.
void SeriesStore::end_process(SubjectId id, BootTime time) {
  const auto found = processes_.find(id);
  if (found == processes_.end()) return;
  ProcessSeries& process = found->second;
  if (process.ended) return;  // its exit is more exact
  process.ended = true;
  process.end = std::max(process.first, time);
}

// A process that was born during the recording began at zero then; one that
// is older has what it had.
BootTime SeriesStore::birth(SubjectId id, const Dictionary& dictionary) const {
  const Subject* subject = dictionary.subject(id);
  if (subject == nullptr) return BootTime::min();
  const auto born = birth_time(subject->process.start_ticks);
  const bool here = born && *born >= frames_.first().time;
  return here ? *born : BootTime::min();
}

// A client that connects again hands over the counts it had: only the first
// subject of a process begins at zero.
BootTime SeriesStore::client_birth(SubjectId id, const Dictionary& dictionary) {
  const Subject* subject = dictionary.subject(id);
  if (subject == nullptr) return BootTime::min();
  const auto first = first_client_.try_emplace(subject->process, id).first;
  return first->second == id ? birth(id, dictionary) : BootTime::min();
}

void SeriesStore::append_counter(PackedSeries& series, const Reading& reading,
                                 BootTime read_before, BootTime born) {
  if (series.empty() && born != BootTime::min() && born < reading.time) {
    series.append(born, 0);
  } else if (!series.empty() && reading.value != series.last().value) {
    // It stood still until the reading before: growth must not be spread
    // over the time in which the frames left the unchanged value out.
    series.append(std::min(read_before, reading.time), series.last().value);
  }
  if (series.empty() || reading.value != series.last().value) {
    series.append(reading.time, reading.value);
  }
}

void SeriesStore::begin_process(ProcessSeries& process, const Subject& subject,
                                BootTime time, const Dictionary& dictionary) {
  const BootTime born = birth(subject.id, dictionary);
  process.first = born == BootTime::min() ? time : born;
  by_key_.try_emplace(subject.process, subject.id);
}

void SeriesStore::take_process_column(const Column& column, Kept kept,
                                      const Dictionary& dictionary) {
  // The first frame of a chapter repeats values with the time of their read.
  PackedSeries& reads = reads_[static_cast<size_t>(kept)];
  if (reads.empty() || column.read_begin > reads.last().time) {
    reads.append(column.read_begin, 0);
  }
  for (size_t i = 0; i < column.values.size(); ++i) {
    const SubjectId id = column.subjects[i];
    const Subject* subject = dictionary.subject(id);
    if (subject == nullptr || !subject->watched) continue;
    const Reading reading{read_time(column, i), column.values[i]};
    const auto [found, is_new] = processes_.try_emplace(id);
    ProcessSeries& process = found->second;
    if (is_new) begin_process(process, *subject, reading.time, dictionary);
    PackedSeries& series = process.of(kept);
    if (is_counter(kept)) {
      const BootTime born =
          series.empty() ? birth(id, dictionary) : BootTime::min();
      append_counter(series, reading, read_before_[column.metric.value], born);
    } else if (series.empty() || series.last().value != reading.value) {
      series.append(reading.time, reading.value);
    }
  }
}

void SeriesStore::take_client_column(const Column& column, const Rule& rule,
                                     const Dictionary& dictionary) {
  for (size_t i = 0; i < column.values.size(); ++i) {
    const SubjectId id = column.subjects[i];
    ClientSeries& client = clients_[id];
    auto& group = rule.use == Use::op ? client.ops : client.span_errors;
    PackedSeries& series = group[rule.name];
    const BootTime born =
        series.empty() ? client_birth(id, dictionary) : BootTime::min();
    append_counter(series, {read_time(column, i), column.values[i]},
                   read_before_[column.metric.value], born);
  }
}

void SeriesStore::on_exit(const Event& event) {
  const auto by_key = by_key_.find(event.life.key);
  const SubjectId id = event.subject.valid() || by_key == by_key_.end()
                           ? event.subject
                           : by_key->second;
  const auto found = processes_.find(id);
  if (found == processes_.end()) return;
  ProcessSeries& process = found->second;
  process.ended = true;
  process.end = std::max(process.first, event.time);
  const auto finish = [&](Kept kept, int64_t value) {
    PackedSeries& series = process.of(kept);
    if (!series.empty() && value >= series.last().value) {
      series.append(event.time, value);
    }
  };
  finish(Kept::cpu_user, event.life.cpu_user_ns);
  finish(Kept::cpu_system, event.life.cpu_system_ns);
  finish(Kept::io_read, event.life.io_read_bytes);
  finish(Kept::io_write, event.life.io_write_bytes);
}

}  // namespace tidemark
