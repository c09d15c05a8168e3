#include "tui/reading_table.h"

#include <algorithm>
#include <bit>
#include <unordered_set>

namespace tidemark {
namespace {

// A counter never falls within one life; if it did, nothing is known.
std::optional<double> per_second(int64_t before, int64_t now,
                                 Nanoseconds span) {
  if (now < before || span <= Nanoseconds(0)) return std::nullopt;
  // Differences of a foreign file's values may wrap.
  const auto grown = static_cast<uint64_t>(now) - static_cast<uint64_t>(before);
  return static_cast<double>(grown) / to_seconds(span);
}

bool each_tick(SubjectKind kind) {
  return kind == SubjectKind::client || kind == SubjectKind::self;
}

}  // namespace

ReadingTable::Group* ReadingTable::group(MetricId metric) {
  return metric.value < groups_.size() && groups_[metric.value].used
             ? &groups_[metric.value]
             : nullptr;
}

const ReadingTable::Group* ReadingTable::group(MetricId metric) const {
  return const_cast<ReadingTable*>(this)->group(metric);
}

void ReadingTable::put(const Metric& metric, SubjectId subject, int64_t value) {
  if (metric.id.value >= groups_.size()) groups_.resize(metric.id.value + 1);
  Group& group = groups_[metric.id.value];
  group.used = true;
  group.kind = metric.subject;
  group.real = metric.unit == Unit::real;
  const auto [it, added] =
      group.index.try_emplace(subject, group.readings.size());
  if (added) group.readings.emplace_back().subject = subject;
  group.readings[it->second].value = value;
}

void ReadingTable::update(Group& group, LatestValue& reading, BootTime time) {
  if (reading.had_ && !group.real) {
    reading.rate =
        per_second(reading.before_, reading.value, time - reading.read_);
  }
  reading.before_ = reading.value;
  reading.read_ = time;
  reading.had_ = true;
}

void ReadingTable::finish(const Frame& frame, const Dictionary& dictionary) {
  for (const Column& column : frame.columns) {
    Group* read = group(column.metric);
    if (read == nullptr || read->kind == SubjectKind::cgroup) continue;
    const bool moved = column.read_begin != read->read_begin;
    read->read_begin = column.read_begin;
    if (!moved || each_tick(read->kind)) continue;
    for (LatestValue& reading : read->readings)
      update(*read, reading, frame.time);
  }
  for (Group& group : groups_) {
    if (!group.used || !each_tick(group.kind)) continue;
    for (LatestValue& reading : group.readings)
      update(group, reading, frame.time);
  }
  update_cgroups(frame);
  for (const SubjectId id : frame.ended) {
    const Subject* subject = dictionary.subject(id);
    if (subject != nullptr && subject->kind != SubjectKind::process) {
      forget(id, subject->kind);
    }
  }
}

void ReadingTable::update_cgroups(const Frame& frame) {
  std::unordered_set<SubjectId> read;
  for (const Column& column : frame.columns) {
    Group* group = this->group(column.metric);
    if (group == nullptr || group->kind != SubjectKind::cgroup) continue;
    const bool moved = column.read_begin != group->read_begin;
    group->read_begin = column.read_begin;
    if (moved) read.insert(column.subjects.begin(), column.subjects.end());
  }
  if (read.empty()) return;
  for (Group& group : groups_) {
    if (!group.used || group.kind != SubjectKind::cgroup) continue;
    for (const SubjectId subject : read) {
      const auto found = group.index.find(subject);
      if (found == group.index.end()) continue;
      update(group, group.readings[found->second], frame.time);
    }
  }
}

void ReadingTable::forget(SubjectId subject, SubjectKind kind) {
  for (Group& group : groups_) {
    if (!group.used || group.kind != kind) continue;
    const auto found = group.index.find(subject);
    if (found == group.index.end()) continue;
    const size_t hole = found->second;
    group.index.erase(found);
    const auto at = static_cast<std::ptrdiff_t>(hole);
    group.readings.erase(group.readings.begin() + at);
    for (size_t i = hole; i < group.readings.size(); ++i) {
      group.index[group.readings[i].subject] = i;
    }
  }
}

const std::vector<LatestValue>& ReadingTable::of(MetricId metric) const {
  static const std::vector<LatestValue> kNone;
  const Group* found = group(metric);
  return found == nullptr ? kNone : found->readings;
}

const LatestValue* ReadingTable::find(MetricId metric,
                                      SubjectId subject) const {
  const Group* group = this->group(metric);
  if (group == nullptr) return nullptr;
  const auto found = group->index.find(subject);
  return found == group->index.end() ? nullptr
                                     : &group->readings[found->second];
}

std::optional<double> ReadingTable::total(MetricId metric) const {
  std::optional<double> sum;
  const Group* group = this->group(metric);
  for (const LatestValue& reading : of(metric)) {
    sum = sum.value_or(0) + (group->real ? std::bit_cast<double>(reading.value)
                                         : static_cast<double>(reading.value));
  }
  return sum;
}

std::optional<double> ReadingTable::total_rate(MetricId metric) const {
  std::optional<double> sum;
  for (const LatestValue& reading : of(metric)) {
    if (reading.rate) sum = sum.value_or(0) + *reading.rate;
  }
  return sum;
}

}  // namespace tidemark
