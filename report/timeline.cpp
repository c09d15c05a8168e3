#include "report/timeline.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/base/histogram.h"
#include "report/column_series.h"
#include "report/timeline_rules.h"

namespace tidemark {
namespace {

constexpr size_t kMostSeries = 8;   // of a chart; the others have less
constexpr size_t kMostRoles = 128;  // that are kept apart while reading
constexpr size_t kMostGauges = 8;
constexpr const char* kOthers = "everything else";
constexpr const char* kMoreRoles = "other watched";

// What a series of a chart is fed with.
struct Group {
  ColumnSeries series;
  bool counter = false;
  bool others = false;   // partial reads: only those that show a change count
  bool touched = false;  // a value of it changed in this frame
  int64_t members = 0;
  double level = 0;    // gauges: the members' sum
  double pending = 0;  // counters: growth since `from`
  BootTime from = BootTime::min();
};

struct Chart {
  std::map<std::string, Group> groups;
  BootTime read = BootTime::min();  // in this frame
  BootTime read_before = BootTime::min();
};

// One metric of one subject.
struct Member {
  int64_t value = 0;
  Group* group = nullptr;
  uint32_t exec_epoch = 0;
  size_t role_size = 0;
  bool watched = false;
};

// One client's durations of one name: cumulative counts.
struct SpanSource {
  Histogram boundary;  // at the end of the column before
  HistogramValue latest;
  bool is_fresh = false;
};

}  // namespace

struct TimelineBuilder::Impl {
  ColumnScale scale;
  std::map<std::pair<ChartId, std::string>, Chart> charts;
  std::vector<std::optional<ChartRule>> rules;  // by metric id
  std::vector<bool> known;
  std::vector<std::unordered_map<SubjectId, Member>> members;  // by metric id
  std::map<std::string, std::map<std::pair<MetricId, SubjectId>, SpanSource>>
      spans;
  std::set<std::string> roles;
  size_t column = 0;  // of the last frame
  BootTime frame_time;
  BootTime column_before;  // of the last frame of the column before
  bool has_frame = false;

  const ChartRule* rule(MetricId metric, const Dictionary& dictionary);
  Chart& chart(const ChartRule& rule);
  std::string role_of(const Subject& subject, const Dictionary& dictionary);
  Group& group_of(const ChartRule& rule, const Subject* subject,
                  const Dictionary& dictionary);
  void take_column(const Column& in, const Dictionary& dictionary);
  void place(const ChartRule& rule, Member& member, const Subject* subject,
             const Dictionary& dictionary);
  void take_spans(const Frame& frame, const Dictionary& dictionary);
  void close_column();
  void end(SubjectId subject);
  void flush(Chart& chart);
};

TimelineBuilder::TimelineBuilder(BootTime begin, BootTime end,
                                 Nanoseconds interval, size_t most_columns)
    : impl_(std::make_unique<Impl>()) {
  ColumnScale& scale = impl_->scale;
  scale.begin = begin;
  scale.interval =
      interval > Nanoseconds(0) ? interval : std::chrono::seconds(1);
  const auto most = static_cast<int64_t>(std::max<size_t>(most_columns, 1));
  const Nanoseconds length = std::max(end - begin, Nanoseconds(1));
  scale.column = std::max(length / most + Nanoseconds(1), scale.interval);
  scale.columns = static_cast<size_t>(length / scale.column) + 1;
}
TimelineBuilder::TimelineBuilder(TimelineBuilder&&) noexcept = default;
TimelineBuilder::~TimelineBuilder() = default;

const ChartRule* TimelineBuilder::Impl::rule(MetricId metric,
                                             const Dictionary& dictionary) {
  const size_t index = metric.value;
  if (index >= known.size()) {
    if (index >= Dictionary::kMaxMetrics) return nullptr;
    known.resize(index + 1);
    rules.resize(index + 1);
    members.resize(index + 1);
  }
  if (!known[index]) {
    const Metric* defined = dictionary.metric(metric);
    if (defined == nullptr) return nullptr;
    known[index] = true;
    rules[index] = chart_rule(*defined);
  }
  return rules[index] ? &*rules[index] : nullptr;
}

// Each gauge has a chart of its own: their scales differ.
Chart& TimelineBuilder::Impl::chart(const ChartRule& rule) {
  return charts[{rule.chart,
                 rule.chart == ChartId::gauge ? rule.series : std::string()}];
}

std::string TimelineBuilder::Impl::role_of(const Subject& subject,
                                           const Dictionary& dictionary) {
  std::string role = subject.role;
  for (const Subject& client : dictionary.subjects()) {
    if (!role.empty()) break;
    const bool is_its =
        client.kind == SubjectKind::client && client.process == subject.process;
    if (is_its) role = client.name;
  }
  if (role.empty()) role = subject.name;
  if (roles.size() >= kMostRoles && !roles.contains(role)) return kMoreRoles;
  roles.insert(role);
  return role;
}

Group& TimelineBuilder::Impl::group_of(const ChartRule& rule,
                                       const Subject* subject,
                                       const Dictionary& dictionary) {
  std::string name = rule.series;
  const bool is_others =
      rule.by == SeriesBy::role && (subject == nullptr || !subject->watched);
  if (is_others) {
    name = kOthers;
  } else if (rule.by == SeriesBy::role) {
    name = role_of(*subject, dictionary);
  }
  Chart& home = chart(rule);
  const auto [at, is_new] = home.groups.try_emplace(std::move(name));
  if (is_new) {
    at->second.counter = rule.counter;
    at->second.others = is_others;
    at->second.from = home.read_before;
  }
  return at->second;
}

// Puts a member where its subject belongs: an exec gives a new role.
void TimelineBuilder::Impl::place(const ChartRule& rule, Member& member,
                                  const Subject* subject,
                                  const Dictionary& dictionary) {
  const uint32_t epoch = subject == nullptr ? 0 : subject->exec_epoch;
  const size_t role_size = subject == nullptr ? 0 : subject->role.size();
  const bool watched = subject != nullptr && subject->watched;
  const bool is_same = member.group != nullptr && member.watched == watched &&
                       member.exec_epoch == epoch &&
                       member.role_size == role_size;
  if (is_same) return;
  Group& group = group_of(rule, subject, dictionary);
  if (member.group != nullptr && member.group != &group) {
    const double level = static_cast<double>(member.value) * rule.scale;
    --member.group->members;
    ++group.members;
    if (!rule.counter) {
      member.group->level -= level;
      group.level += level;
    }
  }
  if (member.group == nullptr) ++group.members;
  member = {member.value, &group, epoch, role_size, watched};
}

namespace {

constexpr int64_t kNanosecondsPerTick = 10'000'000;  // USER_HZ is 100

bool was_born_after(const Subject* subject, BootTime time) {
  if (subject == nullptr || time == BootTime::min()) return false;
  const uint64_t ticks = subject->process.start_ticks;
  if (ticks == 0 || ticks > uint64_t{1} << 50) return false;
  return boot_time(static_cast<int64_t>(ticks) * kNanosecondsPerTick) >= time;
}

double as_number(const ChartRule& rule, int64_t value) {
  const double number =
      rule.real ? std::bit_cast<double>(value) : static_cast<double>(value);
  return number * rule.scale;
}

}  // namespace

void TimelineBuilder::Impl::take_column(const Column& in,
                                        const Dictionary& dictionary) {
  const ChartRule* rule = this->rule(in.metric, dictionary);
  if (rule == nullptr || rule->span) return;
  Chart& home = chart(*rule);
  home.read = std::max(home.read, in.read_begin);
  auto& of_metric = members[in.metric.value];
  const size_t size = std::min(in.subjects.size(), in.values.size());
  for (size_t i = 0; i < size; ++i) {
    const Subject* subject = dictionary.subject(in.subjects[i]);
    const bool is_skipped = rule->by == SeriesBy::role && !rule->others &&
                            (subject == nullptr || !subject->watched);
    const bool is_loopback = rule->chart == ChartId::network &&
                             subject != nullptr && subject->name == "lo";
    if (is_skipped || is_loopback) continue;
    const auto [at, is_new] = of_metric.try_emplace(in.subjects[i]);
    Member& member = at->second;
    place(*rule, member, subject, dictionary);
    Group& group = *member.group;
    group.touched = true;
    const int64_t value = in.values[i];
    if (!rule->counter) {
      group.level += as_number(*rule, value) -
                     (is_new ? 0 : as_number(*rule, member.value));
    } else if (is_new && was_born_after(subject, home.read_before)) {
      group.pending += as_number(*rule, value);
    } else if (!is_new) {
      // A counter that fell began anew.
      const int64_t grown =
          value >= member.value ? value - member.value : value;
      group.pending += as_number(*rule, std::max<int64_t>(grown, 0));
    }
    member.value = value;
  }
}

void TimelineBuilder::Impl::end(SubjectId subject) {
  for (size_t metric = 0; metric < members.size(); ++metric) {
    const auto found = members[metric].find(subject);
    if (found == members[metric].end()) continue;
    Member& member = found->second;
    --member.group->members;
    if (!member.group->counter && rules[metric]) {
      member.group->level -= as_number(*rules[metric], member.value);
    }
    members[metric].erase(found);
  }
}

// What a frame's reading of a chart says of its series.
void TimelineBuilder::Impl::flush(Chart& chart) {
  const BootTime now = chart.read;
  for (auto& [name, group] : chart.groups) {
    const bool was_touched = std::exchange(group.touched, false);
    if (group.others && !was_touched) continue;
    if (!group.counter) {
      if (group.members > 0) {
        group.series.add_level(scale, now, group.level);
      }
      continue;
    }
    if (group.members == 0 && group.pending == 0) {
      group.from = BootTime::min();
      continue;
    }
    if (group.from == BootTime::min()) {
      group.from = now;
      group.pending = 0;
      continue;
    }
    // Readings at the edge of a phase are too near for a rate.
    const Nanoseconds length = now - group.from;
    if (length < scale.interval / 2) continue;
    group.series.add_rate(scale, group.from, now,
                          group.pending / to_seconds(length));
    group.pending = 0;
    group.from = now;
  }
  chart.read_before = now;
  chart.read = BootTime::min();
}

void TimelineBuilder::Impl::take_spans(const Frame& frame,
                                       const Dictionary& dictionary) {
  for (const HistogramValue& value : frame.histograms) {
    const ChartRule* rule = this->rule(value.metric, dictionary);
    if (rule == nullptr || !rule->span) continue;
    const auto [at, is_new] =
        spans[rule->series].try_emplace({value.metric, value.subject});
    SpanSource& source = at->second;
    source.latest = value;
    source.is_fresh = true;
    if (!is_new || has_frame) continue;
    // In the first frame: counted before the recording began.
    const auto before = Histogram::from(value.buckets, value.sum, value.max);
    if (before) source.boundary = *before;
  }
}

// The percentiles of the durations of the column that ends.
void TimelineBuilder::Impl::close_column() {
  constexpr uint64_t kEnoughForP95 = 20;
  // A column's frames say what happened since the last one of the column
  // before.
  const BootTime from = column_before;
  column_before = frame_time;
  const auto put = [&](ChartId id, const std::string& name, double ns) {
    charts[{id, ""}].groups[name].series.add_rate(scale, from, frame_time,
                                                  ns * 1e-9);
  };
  for (auto& [name, sources] : spans) {
    Histogram sum;
    for (auto& [key, source] : sources) {
      if (!std::exchange(source.is_fresh, false)) continue;
      auto now = Histogram::from(source.latest.buckets, source.latest.sum,
                                 source.latest.max);
      if (!now) continue;
      sum.merge(now->since(source.boundary));
      source.boundary = std::move(*now);
    }
    if (sum.empty()) continue;
    put(ChartId::latency_p50, name,
        static_cast<double>(sum.quantile(0.5).value_or(0)));
    if (sum.count() < kEnoughForP95) continue;
    put(ChartId::latency_p95, name,
        static_cast<double>(sum.quantile(0.95).value_or(0)));
  }
}

void TimelineBuilder::on_frame(const Frame& frame,
                               const Dictionary& dictionary) {
  Impl& impl = *impl_;
  // Nobody said why nothing was read for so long; nothing is known of it.
  const Nanoseconds silence = frame.time - impl.frame_time;
  const Nanoseconds tick =
      std::max(impl.scale.interval, Nanoseconds(frame.interval_ns));
  if (impl.has_frame && silence > 10 * tick)
    on_gap(impl.frame_time, frame.time);
  const size_t column = impl.scale.index(frame.time);
  if (impl.has_frame && column != impl.column) impl.close_column();
  if (!impl.has_frame) impl.column_before = frame.time;
  impl.column = column;
  impl.frame_time = frame.time;
  impl.take_spans(frame, dictionary);
  for (const Column& in : frame.columns) impl.take_column(in, dictionary);
  for (auto& [key, chart] : impl.charts) {
    if (chart.read != BootTime::min()) impl.flush(chart);
  }
  for (const SubjectId subject : frame.ended) impl.end(subject);
  impl.has_frame = true;
}

void TimelineBuilder::on_gap(BootTime, BootTime) {
  for (auto& [key, chart] : impl_->charts) {
    for (auto& [name, group] : chart.groups) {
      group.series.interrupt();
      group.from = BootTime::min();
      group.pending = 0;
    }
    chart.read_before = BootTime::min();
  }
}

namespace {

TimelineChart finish_chart(const ChartSpec& spec, const std::string& gauge,
                           const Chart& chart, size_t columns) {
  TimelineChart out;
  out.id = spec.name;
  out.title = spec.title;
  out.unit = spec.unit;
  if (spec.id == ChartId::gauge) {
    out.id += "." + gauge;
    out.title = gauge;
  }
  std::vector<std::pair<double, const std::string*>> order;
  for (const auto& [name, group] : chart.groups) {
    if (!group.series.empty()) order.push_back({-group.series.total(), &name});
  }
  std::ranges::sort(order, [](const auto& a, const auto& b) {
    return std::pair(a.first, *a.second) < std::pair(b.first, *b.second);
  });
  for (const auto& [total, name] : order) {
    if (out.series.size() == kMostSeries) break;
    out.series.push_back(chart.groups.at(*name).series.finish(*name, columns));
  }
  out.left_out = static_cast<int64_t>(order.size() - out.series.size());
  return out;
}

}  // namespace

Timeline TimelineBuilder::finish() {
  Impl& impl = *impl_;
  if (impl.has_frame) impl.close_column();
  Timeline timeline;
  timeline.begin = impl.scale.begin;
  timeline.column = impl.scale.column;
  timeline.columns = impl.scale.columns;
  size_t gauges = 0;
  for (const auto& [key, chart] : impl.charts) {
    const auto spec =
        std::ranges::find(chart_specs(), key.first, &ChartSpec::id);
    if (spec == chart_specs().end()) continue;
    if (key.first == ChartId::gauge && gauges++ == kMostGauges) continue;
    TimelineChart out =
        finish_chart(*spec, key.second, chart, impl.scale.columns);
    if (!out.series.empty()) timeline.charts.push_back(std::move(out));
  }
  return timeline;
}

}  // namespace tidemark
