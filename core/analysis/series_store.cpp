#include "core/analysis/series_store.h"

#include <algorithm>
#include <string_view>

namespace tidemark {
namespace {

constexpr std::array<const char*, kKeptCount> kNames = {
    "cpu_user",      "cpu_system",     "minor_faults", "major_faults",
    "io_read_bytes", "io_write_bytes", "run_delay",    "rss_anon",
    "swap",          "rss_shmem",      "fds",          "sockets",
    "threads",       "mappings",       "children"};

// Process start times are in clock ticks of USER_HZ, 100 on every Linux that
// BPF runs on (include/asm-generic/param.h).
constexpr int64_t kTickNs = 10'000'000;

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

const char* kept_metric_name(Kept kept) {
  return kNames[static_cast<size_t>(kept)];
}

void SeriesStore::learn(const Dictionary& dictionary) {
  if (dictionary.version() == version_) return;
  version_ = dictionary.version();
  const std::vector<Metric>& metrics = dictionary.metrics();
  rules_.assign(metrics.size(), {});
  read_before_.resize(metrics.size());
  for (size_t i = 0; i < metrics.size(); ++i) {
    if (!metrics[i].id.valid()) continue;
    std::string_view name = metrics[i].name;
    if (metrics[i].subject == SubjectKind::process) {
      const auto found = std::find(kNames.begin(), kNames.end(), name);
      if (found == kNames.end()) continue;
      rules_[i] = {Use::process, static_cast<Kept>(found - kNames.begin()), ""};
    } else if (metrics[i].kind == MetricKind::counter) {
      if (strip(name, "op.")) {
        rules_[i] = {Use::op, Kept::cpu_user, std::string(name)};
      } else if (strip(name, "span_errors.")) {
        rules_[i] = {Use::span_error, Kept::cpu_user, std::string(name)};
      }
    }
  }
  const std::vector<Subject>& subjects = dictionary.subjects();
  watched_.assign(subjects.size(), 0);
  for (size_t i = 0; i < subjects.size(); ++i) {
    watched_[i] = subjects[i].id.valid() && subjects[i].watched &&
                  subjects[i].kind == SubjectKind::process;
  }
}

void SeriesStore::on_frame(const Frame& frame, const Dictionary& dictionary) {
  learn(dictionary);
  const BootTime frame_before = frames_.last().time;
  frames_.append(frame.time, 0);
  for (const Column& column : frame.columns) {
    const uint32_t metric = column.metric.value;
    if (metric >= rules_.size() || column.values.empty() ||
        column.values.size() != column.subjects.size()) {
      continue;
    }
    const Rule& rule = rules_[metric];
    if (rule.use == Use::process) {
      take_process_column(column, rule.kept, dictionary);
    } else if (rule.use != Use::ignored) {
      take_client_column(column, rule, dictionary);
    }
    read_before_[metric] = column.read_begin;
  }
  for (const SubjectId id : frame.ended) end_process(id, frame_before);
}

void SeriesStore::end_process(SubjectId id, BootTime time) {
  const auto found = processes_.find(id);
  if (found == processes_.end()) return;
  found->second.ended = true;
  found->second.end = std::max({found->second.end, found->second.first, time});
}

// A process that was born during the recording began at zero then; one that
// is older has what it had.
BootTime SeriesStore::birth(SubjectId id, const Dictionary& dictionary) const {
  const Subject* subject = dictionary.subject(id);
  if (subject == nullptr) return BootTime::min();
  const uint64_t ticks = subject->process.start_ticks;
  constexpr uint64_t kMostTicks = uint64_t{1} << 38;  // 87 years
  if (ticks == 0 || ticks > kMostTicks) return BootTime::min();
  const BootTime born = boot_time(static_cast<int64_t>(ticks) * kTickNs);
  return born >= frames_.first().time ? born : BootTime::min();
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

void SeriesStore::take_process_column(const Column& column, Kept kept,
                                      const Dictionary& dictionary) {
  reads_[static_cast<size_t>(kept)].append(column.read_begin, 0);
  for (size_t i = 0; i < column.values.size(); ++i) {
    const SubjectId id = column.subjects[i];
    if (id.value >= watched_.size() || watched_[id.value] == 0) continue;
    const Reading reading{read_time(column, i), column.values[i]};
    const auto [found, is_new] = processes_.try_emplace(id);
    ProcessSeries& process = found->second;
    if (is_new) {
      const BootTime born = birth(id, dictionary);
      process.first = born == BootTime::min() ? reading.time : born;
    }
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
  const auto found = processes_.find(event.subject);
  if (found == processes_.end()) return;
  end_process(event.subject, event.time);
  ProcessSeries& process = found->second;
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

size_t SeriesStore::bytes() const {
  size_t total = frames_.bytes();
  for (const auto& [id, process] : processes_) {
    for (const PackedSeries& series : process.series) total += series.bytes();
  }
  return total;
}

}  // namespace tidemark
