#include "core/analysis/findings_builder.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace tidemark {
namespace {

struct Judged {
  Resource resource;
  Kept kept;  // whose read times are the resource's
};
constexpr std::array<Judged, 8> kJudged = {{
    {Resource::heap, Kept::heap_live},
    {Resource::rss_anon, Kept::rss_anon},
    {Resource::rss_shmem, Kept::rss_shmem},
    {Resource::fds, Kept::fds},
    {Resource::sockets, Kept::sockets},
    {Resource::threads, Kept::threads},
    {Resource::mappings, Kept::mappings},
    {Resource::children, Kept::children},
}};

// A page is the least that the kernel's memory figures can show.
constexpr double kPageBytes = 4096;
// More readings than this add nothing to floors and quantiles; a longer
// series keeps the lowest of each group, which is what floors are made of.
constexpr size_t kMostSamples = 8192;

class PointMaker {
 public:
  PointMaker(const RunReadings& run, const OpsTable::Primary& primary)
      : begin_(run.run.from), primary_(primary) {}

  Finding::Point make(BootTime time, double value) const {
    const double ops = primary_.curve ? primary_.curve->at(time) : 0;
    return {to_seconds(time - begin_), ops, value};
  }

 private:
  BootTime begin_;
  const OpsTable::Primary& primary_;
};

double median(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

std::pair<size_t, size_t> reads_in(const std::vector<BootTime>& reads,
                                   Span span) {
  const auto from = std::lower_bound(reads.begin(), reads.end(), span.from);
  const auto to = std::lower_bound(from, reads.end(), span.to);
  return {static_cast<size_t>(from - reads.begin()),
          static_cast<size_t>(to - reads.begin())};
}

// The times of a metric's readings are those of its columns' begin; a value
// is at most a column's span younger.
constexpr Nanoseconds kColumnSpan = std::chrono::milliseconds(20);
// The sample that answers the end of a window comes within this time.
constexpr Nanoseconds kEdgeLag = std::chrono::milliseconds(50);

std::optional<Finding::Point> retained_point(const LevelCurve& level,
                                             const std::vector<BootTime>& reads,
                                             Span window, Span life,
                                             const PointMaker& points) {
  // A process that began or ended within the window has no equal state.
  if (life.from > window.from || life.to < window.from) return std::nullopt;
  std::vector<double> values;
  const Span answered{window.from, window.to + kEdgeLag};
  const auto [from, to] = reads_in(reads, overlap(answered, life));
  for (size_t i = from; i < to; ++i) {
    const auto value = level.at(reads[i] + kColumnSpan);
    if (value) values.push_back(static_cast<double>(*value));
  }
  if (values.empty()) {
    // No reading falls in: the value last read still holds.
    const auto held = level.at(window.to);
    if (!held) return std::nullopt;
    values.push_back(static_cast<double>(*held));
  }
  return points.make(window.to, median(std::move(values)));
}

std::vector<Finding::Point> thin(std::vector<Finding::Point> points) {
  if (points.size() <= kMostSamples) return points;
  const size_t group = points.size() / kMostSamples + 1;
  std::vector<Finding::Point> lowest;
  for (size_t i = 0; i < points.size(); i += group) {
    const auto from = points.begin() + static_cast<std::ptrdiff_t>(i);
    const auto to = points.begin() + static_cast<std::ptrdiff_t>(
                                         std::min(i + group, points.size()));
    lowest.push_back(*std::min_element(
        from, to,
        [](const auto& a, const auto& b) { return a.value < b.value; }));
  }
  return lowest;
}

bool is_load(PhaseKind kind) {
  return kind == PhaseKind::load || kind == PhaseKind::steady;
}

}  // namespace

bool is_leaf(const std::vector<Phase>& phases, size_t index) {
  // Phases are in order of begin: a part follows its whole.
  for (size_t i = index + 1; i < phases.size(); ++i) {
    if (phases[i].depth <= phases[index].depth) break;
    if (phases[i].path.starts_with(phases[index].path + "/")) return false;
  }
  return true;
}

std::vector<size_t> measured_phases(const RunReadings& run, Span life) {
  const bool has_load = std::ranges::any_of(
      run.phases, [](const Phase& phase) { return is_load(phase.kind); });
  std::vector<size_t> measured;
  for (size_t i = 0; i < run.phases.size(); ++i) {
    const Phase& phase = run.phases[i];
    const bool fits =
        has_load ? is_load(phase.kind) : phase.kind == PhaseKind::custom;
    if (fits && phase.begin >= run.plan.warmup_end && life.holds(phase.begin) &&
        is_leaf(run.phases, i)) {
      measured.push_back(i);
    }
  }
  return measured;
}

namespace {

// The paths in which the level rose, by at least a tenth of all rises. With
// one path only, that is where the growth between its cycles comes from.
std::vector<std::string> paths_that_grew(const RunReadings& run,
                                         const ProcessCurves& process,
                                         const LevelCurve& level) {
  constexpr Nanoseconds kJustBefore{1};
  std::map<std::string, double> growth;
  for (const size_t i : measured_phases(run, process.life)) {
    const Phase& phase = run.phases[i];
    const BootTime end = phase.end_in(run.run.to);
    const auto from = level.at(phase.begin - kJustBefore);
    const auto to = level.at(end - kJustBefore);
    double& sum = growth[phase.path];
    if (from && to) sum += static_cast<double>(*to - *from);
  }
  double risen = 0;
  for (const auto& [path, amount] : growth) risen += std::max(amount, 0.0);
  std::vector<std::string> paths;
  for (const auto& [path, amount] : growth) {
    const bool grew = amount > 0 && amount >= risen / 10;
    if (grew || growth.size() == 1) paths.push_back(path);
  }
  return paths;
}

bool tells_where(Verdict verdict) {
  return verdict == Verdict::leak || verdict == Verdict::suspect ||
         verdict == Verdict::saturating || verdict == Verdict::step;
}

int badness(Verdict verdict) {
  switch (verdict) {
    case Verdict::leak: return 0;
    case Verdict::suspect: return 1;
    case Verdict::inconclusive: return 2;
    case Verdict::saturating: return 3;
    case Verdict::step: return 4;
    case Verdict::startup: return 5;
    case Verdict::none: return 6;
  }
  return 7;
}

std::vector<BootTime> times_of(const PackedSeries& series) {
  std::vector<BootTime> times;
  times.reserve(series.size());
  for (const Reading& reading : series.unpack()) times.push_back(reading.time);
  return times;
}

}  // namespace

CurveInput curve_input(const RunReadings& run, const ProcessCurves& process,
                       Resource resource, const std::vector<BootTime>& reads,
                       const OpsTable::Primary& primary) {
  const LevelCurve& level = resource_level(process, resource);
  const PointMaker points(run, primary);
  CurveInput input;
  input.resource = resource;
  input.op_name = primary.name;
  input.coverage = run.coverage;
  input.instrument_floor = is_bytes(resource) ? kPageBytes : 1;
  // A process that came later has a warm-up of its own, which nobody marked.
  input.warmup_marked =
      run.plan.warmup_marked && process.life.from <= run.plan.warmup_end;
  for (const Span& window : run.plan.retained) {
    const auto point =
        retained_point(level, reads, window, process.life, points);
    if (point) input.retained.push_back(*point);
  }
  for (const Span& load : run.plan.load) {
    const auto [from, to] = reads_in(reads, overlap(load, process.life));
    for (size_t i = from; i < to; ++i) {
      const auto value = level.at(reads[i] + kColumnSpan);
      if (value) {
        input.samples.push_back(
            points.make(reads[i], static_cast<double>(*value)));
      }
    }
  }
  input.samples = thin(std::move(input.samples));
  const auto advanced = [](const std::vector<Finding::Point>& p) {
    return !p.empty() && p.back().ops > p.front().ops;
  };
  input.ops_known = advanced(input.retained) || advanced(input.samples);
  return input;
}

std::vector<Finding> findings_of(const RunReadings& run,
                                 const ProcessCurves& process,
                                 const SeriesStore& store,
                                 const OpsTable::Primary& primary,
                                 double heap_step) {
  std::vector<Finding> findings;
  for (const Judged& judged : kJudged) {
    const LevelCurve& level = resource_level(process, judged.resource);
    if (level.empty()) continue;
    CurveInput input = curve_input(run, process, judged.resource,
                                   times_of(store.reads(judged.kept)), primary);
    if (judged.resource == Resource::heap) input.instrument_floor = heap_step;
    Finding finding = judge(input, run.verdict);
    finding.subject = process.subject;
    finding.resource = judged.resource;
    if (tells_where(finding.verdict)) {
      finding.phases = paths_that_grew(run, process, level);
    }
    findings.push_back(std::move(finding));
  }
  classify(findings);
  return findings;
}

bool is_judged(Span life, Span run) {
  const Nanoseconds least =
      std::max<Nanoseconds>(std::chrono::seconds(10), run.length() / 10);
  return life.length() >= least;
}

void sort_worst_first(std::vector<Finding>& findings) {
  const auto key = [](const Finding& f) {
    return std::tuple(badness(f.verdict), is_bytes(f.resource) ? 0 : 1,
                      -f.slope_per_minute.value, f.subject.value,
                      static_cast<int>(f.resource));
  };
  std::stable_sort(
      findings.begin(), findings.end(),
      [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
}

}  // namespace tidemark
