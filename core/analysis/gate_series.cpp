#include "core/analysis/gate_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/text.h"

namespace tidemark {
namespace {

// Ticks nearer than this are edges: the steps of a counter between them would
// show as peaks.
constexpr Nanoseconds kShortest = std::chrono::milliseconds(200);
// The sample that answers an edge comes within this time.
constexpr Nanoseconds kEdgeLag = std::chrono::milliseconds(50);

// Walks ascending readings with ascending times.
class Cursor {
 public:
  explicit Cursor(const std::vector<Reading>& readings) : readings_(readings) {}
  // The last reading not later than `time`; null before the first.
  const Reading* at(BootTime time) {
    while (next_ < readings_.size() && readings_[next_].time <= time) ++next_;
    return next_ == 0 ? nullptr : &readings_[next_ - 1];
  }

 private:
  const std::vector<Reading>& readings_;
  size_t next_ = 0;
};

size_t first_at(const std::vector<Reading>& reads, BootTime time) {
  const auto before = [](const Reading& r, BootTime t) { return r.time < t; };
  return static_cast<size_t>(
      std::lower_bound(reads.begin(), reads.end(), time, before) -
      reads.begin());
}

}  // namespace

void GateSeries::add(const GateStore::Metric& metric,
                     const PackedSeries& series, BootTime end) {
  if (metric.counter) {
    counters_.emplace_back(series.unpack());
  } else {
    levels_.push_back({LevelCurve(series.unpack()), metric.real});
  }
  if (reads_.empty()) reads_ = metric.reads.unpack();
  end_ = std::max(end_, end);
}

double GateSeries::level_value(const Level& level, int64_t value) const {
  const double number =
      level.real ? std::bit_cast<double>(value) : static_cast<double>(value);
  return number * info_.scale;
}

std::optional<double> GateSeries::at(BootTime time) const {
  time += kEdgeLag;
  double sum = 0;
  if (levels_.empty() || time - kEdgeLag > end_) return std::nullopt;
  for (const Level& level : levels_) {
    const auto value = level.curve.at(time);
    if (!value) return std::nullopt;
    sum += level_value(level, *value);
  }
  return sum;
}

double GateSeries::growth(Span span) const {
  double sum = 0;
  for (const CounterCurve& curve : counters_) sum += curve.growth(span);
  return sum * info_.scale;
}

std::vector<GateSample> GateSeries::samples(Span span) const {
  span.to = std::min(span.to, end_);
  return counters_.empty() ? levels(span) : rates(span);
}

std::vector<GateSample> GateSeries::levels(Span span) const {
  std::vector<GateSample> samples;
  std::vector<Cursor> cursors;
  for (const Level& level : levels_) {
    cursors.emplace_back(level.curve.readings());
  }
  for (size_t i = first_at(reads_, span.from);
       i < reads_.size() && reads_[i].time <= span.to; ++i) {
    // Subjects of one column are read one after another.
    const BootTime time = reads_[i].time + kEdgeLag;
    double sum = 0;
    bool known = true;
    for (size_t k = 0; k < cursors.size(); ++k) {
      const Reading* reading = cursors[k].at(time);
      known = known && reading != nullptr;
      if (known) sum += level_value(levels_[k], reading->value);
    }
    if (known && std::isfinite(sum)) samples.push_back({reads_[i].time, sum});
  }
  return samples;
}

std::vector<GateSample> GateSeries::rates(Span span) const {
  std::vector<GateSample> samples;
  if (reads_.empty()) return samples;
  // Behind the last reading nothing is known: no growth is no zero.
  span.to = std::min(span.to, reads_.back().time);
  BootTime known = BootTime::max();
  for (const CounterCurve& curve : counters_) {
    if (!curve.empty()) known = std::min(known, curve.readings()[0].time);
  }
  BootTime from = std::max(span.from, known);
  const auto add = [&](BootTime to) {
    const double seconds = to_seconds(to - from);
    samples.push_back({to, growth({from, to}) / seconds});
    from = to;
  };
  for (size_t i = first_at(reads_, from);
       i < reads_.size() && reads_[i].time <= span.to; ++i) {
    const BootTime time = reads_[i].time;
    const bool is_last = span.to - time < kShortest;
    if (time - from >= kShortest && !is_last) add(time);
  }
  if (from < span.to && span.to - from >= kShortest) add(span.to);
  return samples;
}

GateNames::GateNames(const Dictionary& dictionary) : dictionary_(dictionary) {
  for (const Subject& subject : dictionary.subjects()) {
    if (subject.kind == SubjectKind::client && !subject.name.empty()) {
      clients_.try_emplace(subject.process, subject.name);
    }
  }
}

const std::string& GateNames::role(const Subject& subject) const {
  if (!subject.role.empty()) return subject.role;
  const auto client = clients_.find(subject.process);
  const bool is_process = subject.kind == SubjectKind::process;
  return is_process && client != clients_.end() ? client->second : subject.name;
}

std::string GateNames::who(const Subject& subject) const {
  if (subject.kind != SubjectKind::process) return subject.name;
  return fmt::format("{} (pid {})", role(subject), subject.process.pid.value);
}

std::vector<GateSeries> gate_series(const GateMetric& metric,
                                    const GateMetricInfo& info,
                                    const GateStore& store,
                                    const GateNames& names) {
  const bool together =
      info.subject == SubjectKind::client && info.source == GateSource::counter;
  std::vector<GateSeries> all;
  std::map<std::string, size_t> places;
  for (const GateStore::Metric& kept : store.metrics()) {
    const bool wanted =
        !kept.name.empty() &&
        std::ranges::any_of(info.sources, [&](const std::string& source) {
          return glob_match(source, kept.name);
        });
    if (!wanted) continue;
    for (const auto& [id, series] : kept.series) {
      const Subject* subject = names.dictionary().subject(id);
      if (subject == nullptr) continue;
      const bool is_other = subject->kind == SubjectKind::process &&
                            !subject->watched && metric.selector.empty();
      if (is_other || !gate_selects(metric, *subject, names.role(*subject))) {
        continue;
      }
      // Sources of one subject are summed, but of names that clients gave.
      const bool by_name = !together && info.subject == SubjectKind::client;
      const std::string key =
          together ? "" : std::to_string(id.value) + (by_name ? kept.name : "");
      const auto [place, is_new] = places.try_emplace(key, all.size());
      if (is_new) {
        all.emplace_back(together ? "all clients" : names.who(*subject), id,
                         info);
      }
      all[place->second].add(kept, series,
                             std::min(store.end(id), store.last()));
    }
  }
  return all;
}

}  // namespace tidemark
