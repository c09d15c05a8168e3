// The last values, and the rates between the last two readings, of everything
// that is not a process: the host, CPUs, devices, cgroups, clients, Tidemark's
// own parts, sites. Pure: fed with frames in order.
//
// Who is read when differs by kind. Clients and own parts: on every tick. The
// host, CPUs, devices and sites: all together, when a column's read_begin
// moves. Cgroups: one by one, those of watched processes often and the others
// every 30 s, so a cgroup was surely read only when one of its values changed.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/model/dictionary.h"
#include "core/model/frame.h"

namespace tidemark {

struct LatestValue {
  SubjectId subject;
  int64_t value = 0;           // of Unit::real: the bits of a double
  std::optional<double> rate;  // per second; counters

 private:
  friend class ReadingTable;
  int64_t before_ = 0;
  bool had_ = false;
  BootTime read_;
};

class ReadingTable {
 public:
  // A value of this frame, or known before it (after a seek).
  void put(const Metric& metric, SubjectId subject, int64_t value);
  // After all values of a tick were put.
  void finish(const Frame& frame, const Dictionary& dictionary);

  // In order of first appearance; empty when the metric has no value.
  const std::vector<LatestValue>& of(MetricId metric) const;
  const LatestValue* find(MetricId metric, SubjectId subject) const;
  // Sums over subjects; nullopt: nothing was read.
  std::optional<double> total(MetricId metric) const;
  std::optional<double> total_rate(MetricId metric) const;

 private:
  struct Group {  // one metric
    bool used = false;
    bool real = false;
    SubjectKind kind = SubjectKind::system;
    std::optional<BootTime> read_begin;
    std::vector<LatestValue> readings;
    std::unordered_map<SubjectId, size_t> index;
  };

  Group* group(MetricId metric);
  const Group* group(MetricId metric) const;
  static void update(Group& group, LatestValue& reading, BootTime time);
  void update_cgroups(const Frame& frame);
  void forget(SubjectId subject, SubjectKind kind);

  std::vector<Group> groups_;  // by metric id
};

}  // namespace tidemark
