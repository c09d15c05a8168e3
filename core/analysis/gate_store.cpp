#include "core/analysis/gate_store.h"

#include <algorithm>

#include "core/analysis/foreign_times.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

std::string spaced(std::string argv) {
  while (!argv.empty() && argv.back() == '\0') argv.pop_back();
  std::ranges::replace(argv, '\0', ' ');
  return argv;
}

std::string attribute(std::string_view key, const Subject& subject,
                      std::string_view role) {
  if (key == "role") return std::string(role);
  if (key == "pid") return std::to_string(subject.process.pid.value);
  if (key == "exe") return subject.exe;
  if (key == "cmdline") return spaced(subject.command);
  if (key == "cgroup") {
    return subject.kind == SubjectKind::cgroup ? subject.name : subject.cgroup;
  }
  return subject.name;  // comm, name
}

bool holds(const GateMatch& match, const Subject& subject,
           std::string_view role) {
  // proc: whichever of the two names people know it by.
  if (match.key == "proc") {
    GateMatch by = match;
    by.key = "role";
    const bool by_role = holds(by, subject, role);
    by.key = "comm";
    const bool by_name = holds(by, subject, role);
    const bool negated =
        match.op == GateMatch::Op::differs || match.op == GateMatch::Op::unlike;
    return negated ? by_role && by_name : by_role || by_name;
  }
  return match.takes(attribute(match.key, subject, role));
}

}  // namespace

bool gate_selects(const GateMetric& metric, const Subject& subject,
                  std::string_view role) {
  return std::ranges::all_of(metric.selector, [&](const GateMatch& match) {
    return holds(match, subject, role);
  });
}

GateStore::GateStore(std::span<const Gate> gates) {
  size_t count = 0;
  for (const Gate& gate : gates) count += gate.expr.value.metrics.size();
  selectors_.reserve(count);  // wishes point into it
  for (const Gate& gate : gates) {
    for (const GateMetric& metric : gate.expr.value.metrics) {
      const auto info = gate_metric(metric.name);
      if (!info) continue;
      const GateMetric* selecting =
          metric.selector.empty() ? nullptr : &selectors_.emplace_back(metric);
      for (const std::string& source : info->sources) {
        Wish wish{source, info->real, {}};
        if (selecting != nullptr) wish.selecting.push_back(selecting);
        wishes_.push_back(std::move(wish));
      }
    }
  }
}

bool GateStore::wants(MetricId id, const Dictionary& dictionary) {
  const tidemark::Metric* metric = dictionary.metric(id);
  if (metric == nullptr) return false;
  const size_t size = dictionary.metrics().size();
  if (uses_.size() < size) {
    uses_.resize(size);
    metrics_.resize(size);
    selecting_.resize(size);
    read_before_.resize(size);
    decisions_.resize(size);
  }
  Use& use = uses_[id.value];
  if (use != Use::unknown) return use == Use::kept;
  use = Use::ignored;
  for (const Wish& wish : wishes_) {
    if (!glob_match(wish.source, metric->name)) continue;
    use = Use::kept;
    Metric& kept = metrics_[id.value];
    kept.name = metric->name;
    kept.counter = metric->kind == MetricKind::counter;
    // Of a client's gauge the recording says how its bits are to be read.
    kept.real = wish.real && metric->unit == Unit::real;
    std::ranges::copy(wish.selecting, std::back_inserter(selecting_[id.value]));
  }
  return use == Use::kept;
}

// A process that nobody watches is kept when a selector names it. Roles that
// come from a client's name belong to watched processes only.
bool GateStore::keeps(MetricId metric, const Subject& subject) {
  if (subject.kind != SubjectKind::process || subject.watched) return true;
  if (selecting_[metric.value].empty()) return false;
  Known now{subject.exec_epoch, subject.role.size(), subject.name.size(),
            subject.watched, false};
  auto [found, is_new] = decisions_[metric.value].try_emplace(subject.id, now);
  Known& known = found->second;
  now.kept = known.kept;
  if (!is_new && known == now) return known.kept;
  known = now;
  const std::string& role = subject.role.empty() ? subject.name : subject.role;
  known.kept = std::ranges::any_of(
      selecting_[metric.value], [&](const GateMetric* selector) {
        return gate_selects(*selector, subject, role);
      });
  return known.kept;
}

// Counters of what was born during the recording began at zero then; a client
// that connects again hands over the counts it had.
BootTime GateStore::birth(const Subject& subject) {
  const auto born = birth_time(subject.process.start_ticks);
  if (!born) return BootTime::min();
  if (subject.kind == SubjectKind::client) {
    const auto first =
        first_client_.try_emplace(subject.process, subject.id).first;
    if (first->second != subject.id) return BootTime::min();
  }
  return *born >= first_ ? *born : BootTime::min();
}

void GateStore::on_frame(const Frame& frame, const Dictionary& dictionary) {
  first_ = std::min(first_, frame.time);
  for (const SubjectId id : frame.ended) ends_.try_emplace(id, last_);
  last_ = std::max(last_, frame.time);
  for (const Column& column : frame.columns) {
    if (wants(column.metric, dictionary) && is_sound(column)) {
      take(column, dictionary);
    }
  }
}

void GateStore::take(const Column& column, const Dictionary& dictionary) {
  Metric& metric = metrics_[column.metric.value];
  BootTime& before = read_before_[column.metric.value];
  if (metric.reads.empty() || column.read_begin > metric.reads.last().time) {
    metric.reads.append(column.read_begin, 0);
  }
  const auto size = static_cast<int64_t>(column.values.size());
  for (size_t i = 0; i < column.values.size(); ++i) {
    const Subject* subject = dictionary.subject(column.subjects[i]);
    if (subject == nullptr || !keeps(column.metric, *subject)) continue;
    const BootTime time =
        column.read_begin + column.read_span / size * static_cast<int64_t>(i);
    const int64_t value = column.values[i];
    PackedSeries& series = metric.series[subject->id];
    if (series.empty()) {
      const BootTime born = metric.counter ? birth(*subject) : BootTime::min();
      if (born != BootTime::min() && born < time) series.append(born, 0);
    } else if (series.last().value == value) {
      continue;
    } else if (metric.counter) {
      // It stood still until the reading before.
      series.append(std::min(before, time), series.last().value);
    }
    series.append(time, value);
  }
  before = std::max(before, column.read_begin);
}

void GateStore::forget(BootTime before, std::span<const BootTime> kept) {
  const auto is_over = [&](const auto& entry) {
    return end(entry.first) < before;
  };
  for (Metric& metric : metrics_) {
    std::erase_if(metric.series, is_over);
    metric.reads.forget(before, kept);
    for (auto& [id, series] : metric.series) series.forget(before, kept);
  }
  for (auto& decisions : decisions_) std::erase_if(decisions, is_over);
  std::erase_if(first_client_,
                [&](const auto& entry) { return end(entry.second) < before; });
  std::erase_if(ends_,
                [&](const auto& entry) { return entry.second < before; });
}

void GateStore::on_event(const Event& event) {
  if (event.kind == EventKind::exit && event.subject.valid()) {
    ends_[event.subject] = event.time;
  }
}

BootTime GateStore::end(SubjectId id) const {
  const auto found = ends_.find(id);
  return found == ends_.end() ? BootTime::max() : found->second;
}

}  // namespace tidemark
