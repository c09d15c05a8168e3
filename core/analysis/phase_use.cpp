#include "core/analysis/phase_use.h"

#include <algorithm>
#include <cmath>

namespace tidemark {
namespace {

using std::chrono::milliseconds;

// The sample that answers an edge comes within this time: the level at the
// edge is the one it read (design part 3.1).
constexpr Nanoseconds kEdgeLag = milliseconds(50);

int64_t whole(double value) { return std::llround(value); }

// Readings with lo <= time <= hi, as indices.
std::pair<size_t, size_t> range(const std::vector<Reading>& readings, Span s) {
  const auto before = [](const Reading& r, BootTime t) { return r.time < t; };
  const auto from =
      std::lower_bound(readings.begin(), readings.end(), s.from, before);
  const auto to = std::lower_bound(from, readings.end(), s.to, before);
  return {static_cast<size_t>(from - readings.begin()),
          static_cast<size_t>(to - readings.begin())};
}

// The mean is weighted by how long each level held.
LevelStats level_stats(const LevelCurve& curve, Span span,
                       const std::vector<Reading>& frames) {
  LevelStats stats;
  const Nanoseconds lag = std::min(kEdgeLag, span.length() / 2);
  BootTime from = span.from + lag;
  std::optional<int64_t> held = curve.at(from);
  size_t next = curve.after(from);
  const std::vector<Reading>& readings = curve.readings();
  if (!held) {
    if (next >= readings.size() || readings[next].time > span.to + lag) {
      return stats;
    }
    from = readings[next].time;
    held = readings[next++].value;
  }
  double level = static_cast<double>(*held);
  stats.first = stats.min = stats.max = level;
  double area = 0;
  BootTime since = from;
  for (; next < readings.size() && readings[next].time <= span.to + lag;
       ++next) {
    area += level * to_seconds(readings[next].time - since);
    since = readings[next].time;
    level = static_cast<double>(readings[next].value);
    stats.min = std::min(stats.min, level);
    stats.max = std::max(stats.max, level);
  }
  const BootTime to = std::max(span.to, since);
  area += level * to_seconds(to - since);
  stats.last = level;
  const double length = to_seconds(to - from);
  stats.mean = length > 0 ? area / length : level;
  const auto [begin, end] = range(frames, span);
  stats.n = std::max<int64_t>(1, static_cast<int64_t>(end - begin));
  return stats;
}

// CPU use of one core, from tick to tick; ticks closer than 200 ms (edges)
// are joined, because the counters' steps would show as peaks.
LevelStats cpu_ratio(const ProcessCurves& process, Span span,
                     const std::vector<Reading>& frames, double seconds) {
  LevelStats stats;
  const CounterCurve& user = process.counter(Kept::cpu_user);
  const CounterCurve& system = process.counter(Kept::cpu_system);
  const auto cpu_at = [&](BootTime t) { return user.at(t) + system.at(t); };
  const auto [begin, end] = range(frames, span);
  BootTime from = span.from;
  double cpu = cpu_at(from);
  const auto add = [&](BootTime to) {
    const double now = cpu_at(to);
    const double ratio = (now - cpu) * 1e-9 / to_seconds(to - from);
    if (stats.n == 0) stats.first = stats.min = stats.max = ratio;
    stats.min = std::min(stats.min, ratio);
    stats.max = std::max(stats.max, ratio);
    stats.last = ratio;
    ++stats.n;
    from = to;
    cpu = now;
  };
  constexpr Nanoseconds kShortest = milliseconds(200);
  for (size_t i = begin; i < end; ++i) {
    const BootTime time = frames[i].time;
    if (time - from >= kShortest && span.to - time >= kShortest) add(time);
  }
  if (span.to > from) add(span.to);
  const double length = to_seconds(span.length());
  stats.mean = length > 0 ? seconds / length : 0;
  return stats;
}

void add_per_op(SubjectUse& use, double ops) {
  if (ops < 0.5) return;
  const auto per_op = [&](const char* name, double amount) {
    use.per_op[name] = amount / ops;
  };
  per_op("cpu_seconds", use.cpu_seconds);
  per_op("io_read_bytes", static_cast<double>(use.io_read_bytes));
  per_op("io_write_bytes", static_cast<double>(use.io_write_bytes));
  per_op("minor_faults", static_cast<double>(use.minor_faults));
  per_op("run_delay_seconds", use.run_delay_seconds);
  if (use.rss_anon_bytes.n > 0) {
    per_op("rss_anon_bytes",
           use.rss_anon_bytes.last - use.rss_anon_bytes.first);
  }
}

// Both readings' times; a level that was never read counts as absent.
LevelCurve sum(const LevelCurve& a, const LevelCurve& b) {
  if (b.empty()) return a;
  std::vector<BootTime> times;
  for (const Reading& reading : a.readings()) times.push_back(reading.time);
  for (const Reading& reading : b.readings()) times.push_back(reading.time);
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  constexpr int64_t kLimit = int64_t{1} << 60;
  std::vector<Reading> total;
  for (const BootTime time : times) {
    const auto first = a.at(time);
    if (!first) continue;
    const int64_t second = b.at(time).value_or(0);
    total.push_back({time, std::clamp(*first, -kLimit, kLimit) +
                               std::clamp(second, -kLimit, kLimit)});
  }
  return LevelCurve(std::move(total));
}

}  // namespace

double OpsCurve::at(BootTime time) const {
  double sum = 0;
  for (const CounterCurve& curve : curves_) sum += curve.at(time);
  return sum;
}

namespace {

// A load generator, by the role that a rule gave it.
bool generates_load(const Subject& subject) {
  static constexpr const char* kRoles[] = {"loadgen", "driver", "load"};
  return std::ranges::find(kRoles, subject.role) != std::end(kRoles);
}

}  // namespace

OpsTable::OpsTable(const SeriesStore& store, const Dictionary& dictionary,
                   const std::vector<Event>& events) {
  find_drivers(dictionary, events);
  for (const auto& [id, client] : store.clients()) {
    add(id, client, dictionary.subject(id));
  }
  for (const Event& event : events) {
    const Subject* client = dictionary.subject(event.subject);
    if (event.kind == EventKind::client_primary && client != nullptr) {
      declare(event.name, *client);
    }
  }
}

// Who drives the test: those whose role says so, and those that mark its
// phases or its run. A shell's marks are of nobody's work.
void OpsTable::find_drivers(const Dictionary& dictionary,
                            const std::vector<Event>& events) {
  // The rule may have named the process or the client in it.
  std::set<ProcessKey> generators;
  for (const Subject& subject : dictionary.subjects()) {
    if (generates_load(subject)) generators.insert(subject.process);
  }
  for (const Subject& subject : dictionary.subjects()) {
    if (subject.kind == SubjectKind::client &&
        generators.contains(subject.process)) {
      drivers_.insert(subject.id);
    }
  }
  for (const Event& event : events) {
    if (event.kind == EventKind::phase_begin ||
        event.kind == EventKind::run_begin) {
      drivers_.insert(event.subject);
    }
  }
}

void OpsTable::add(SubjectId id, const ClientSeries& client,
                   const Subject* subject) {
  std::vector<Own*> owners;
  if (subject != nullptr && subject->process.pid.value > 0) {
    owners.push_back(&by_process_[subject->process]);
  }
  if (drivers_.contains(id)) owners.push_back(&driven_);
  for (const auto& [name, series] : client.ops) {
    CounterCurve curve(series.unpack());
    const BootTime first = curve.first_growth();
    if (first == BootTime::max()) continue;
    for (Own* own : owners) {
      if (first < own->first_time) {
        own->first = name;
        own->first_time = first;
      }
      own->ops[name].add(curve);
    }
    all_[name].add(std::move(curve));
  }
}

// Declared and never counted is nothing.
void OpsTable::declare(const std::string& name, const Subject& client) {
  const auto own = by_process_.find(client.process);
  if (own != by_process_.end() && own->second.ops.contains(name)) {
    own->second.first = name;
  }
  if (drivers_.contains(client.id) && driven_.ops.contains(name)) {
    driven_.first = name;
  }
}

OpsTable::Primary OpsTable::primary(ProcessKey process) const {
  const auto found = by_process_.find(process);
  const bool is_own = found != by_process_.end() && !found->second.ops.empty();
  const Own& own = is_own ? found->second : driven_;
  if (own.ops.empty()) return {};
  return {own.first, &own.ops.at(own.first)};
}

ProcessCurves unpack(SubjectId id, const ProcessSeries& series, Span life) {
  ProcessCurves curves;
  curves.subject = id;
  curves.life = life;
  for (size_t i = 0; i < kKeptCount; ++i) {
    const auto kept = static_cast<Kept>(i);
    if (is_counter(kept)) {
      curves.counters[i] = CounterCurve(series.of(kept).unpack());
    } else {
      curves.levels[i - curves.counters.size()] =
          LevelCurve(series.of(kept).unpack());
    }
  }
  curves.rss = sum(curves.level(Kept::rss_anon), curves.level(Kept::swap));
  return curves;
}

SubjectUse use_in(const ProcessCurves& process, Span span,
                  const std::vector<Reading>& frames,
                  const OpsTable::Primary& primary) {
  span = overlap(span, process.life);
  const auto grown = [&](Kept kept) {
    return process.counter(kept).growth(span);
  };
  SubjectUse use;
  use.subject = process.subject;
  use.cpu_seconds = (grown(Kept::cpu_user) + grown(Kept::cpu_system)) * 1e-9;
  use.cpu_ratio = cpu_ratio(process, span, frames, use.cpu_seconds);
  use.rss_anon_bytes = level_stats(process.rss, span, frames);
  use.fds = level_stats(process.level(Kept::fds), span, frames);
  use.threads = level_stats(process.level(Kept::threads), span, frames);
  use.io_read_bytes = whole(grown(Kept::io_read));
  use.io_write_bytes = whole(grown(Kept::io_write));
  use.minor_faults = whole(grown(Kept::minor_faults));
  use.major_faults = whole(grown(Kept::major_faults));
  use.run_delay_seconds = grown(Kept::run_delay) * 1e-9;
  if (primary.curve != nullptr) add_per_op(use, primary.curve->growth(span));
  return use;
}

std::vector<SpanStats> span_stats(
    const std::map<std::string, Histogram>& histograms,
    const std::map<std::string, double>& errors, double seconds) {
  std::vector<SpanStats> all;
  for (const auto& [name, histogram] : histograms) {
    SpanStats stats;
    stats.name = name;
    stats.count = static_cast<int64_t>(histogram.count());
    const auto failed = errors.find(name);
    if (failed != errors.end()) stats.errors = whole(failed->second);
    const auto quantile = [&](double q) {
      return static_cast<double>(histogram.quantile(q).value_or(0));
    };
    stats.mean_ns = histogram.mean().value_or(0);
    stats.p50_ns = quantile(0.50);
    stats.p90_ns = quantile(0.90);
    stats.p95_ns = quantile(0.95);
    stats.p99_ns = quantile(0.99);
    stats.max_ns = static_cast<double>(histogram.max());
    const auto count = static_cast<double>(stats.count);
    stats.per_second = seconds > 0 ? count / seconds : 0;
    all.push_back(std::move(stats));
  }
  return all;
}

std::vector<SpanStats::Bin> duration_bins(const Histogram& histogram) {
  std::vector<SpanStats::Bin> bins;
  for (const auto& [bucket, count] : histogram.buckets()) {
    const auto lowest = static_cast<double>(histogram_bucket_lowest(bucket));
    const double quarter = std::floor(4 * std::log2(std::max(lowest, 1.0)));
    const double lo = std::exp2(quarter / 4);
    if (bins.empty() || bins.back().lo_ns < lo) {
      bins.push_back({lo, std::exp2((quarter + 1) / 4), 0});
    }
    bins.back().count += static_cast<int64_t>(count);
  }
  return bins;
}

const LevelCurve& resource_level(const ProcessCurves& process,
                                 Resource resource) {
  static const LevelCurve kNone;
  switch (resource) {
    case Resource::rss_anon: return process.rss;
    case Resource::heap: return process.level(Kept::heap_live);
    case Resource::rss_shmem: return process.level(Kept::rss_shmem);
    case Resource::fds: return process.level(Kept::fds);
    case Resource::sockets: return process.level(Kept::sockets);
    case Resource::threads: return process.level(Kept::threads);
    case Resource::mappings: return process.level(Kept::mappings);
    case Resource::children: return process.level(Kept::children);
    default: return kNone;
  }
}

}  // namespace tidemark
