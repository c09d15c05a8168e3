// What the screen knows of the whole run, in bounded memory: phases, events,
// the course of every watched process, and the totals over them. Pure: fed with
// frames and events in the order of the recording.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/analysis/phases.h"
#include "core/model/dictionary.h"
#include "core/model/event.h"
#include "core/model/frame.h"
#include "tui/bucket_series.h"
#include "tui/cgroup_rows.h"
#include "tui/host_history.h"
#include "tui/snapshot.h"

namespace tidemark {

// What has a course over time, of a process or in total.
enum class Course : uint8_t {
  cpu,  // cores in use
  anon,
  fds,
  threads,
  io_read,  // bytes per second
  io_write,
};
inline constexpr size_t kCourses = 6;

class RunHistory {
 public:
  // `interval`: the recording's sampling interval.
  explicit RunHistory(Nanoseconds interval);

  void on_frame(const Frame& frame, bool chapter_begin,
                const Dictionary& dictionary);
  void on_event(const Event& event, const Dictionary& dictionary);
  void on_gap(int64_t ticks);

  // The state after the last frame.
  const Snapshot& tail() const { return tail_; }
  const PhaseTracker& phases() const { return phases_; }
  // First and last frame or event; equal and zero when there is none.
  BootTime begin() const { return begin_; }
  BootTime end() const { return end_; }
  int64_t ticks() const { return ticks_; }
  int64_t missing_ticks() const { return missing_; }

  // nullptr: no course was kept (unwatched and idle).
  const BucketSeries* of_process(SubjectId id, Course course) const;
  // Over all watched processes; nullptr before the first tick.
  const BucketSeries* total(Course course) const;
  const BucketSeries* ops() const { return ops_.get(); }  // per second
  const BucketSeries* host(HostCourse course) const { return host_.of(course); }
  const CgroupHistory& cgroups() const { return cgroups_; }

  // The value when the phase began (index into phases().phases()), or when the
  // process was first seen if it was born later.
  std::optional<double> at_phase_begin(size_t phase, SubjectId id,
                                       Field field) const;
  // The value first seen of a process.
  std::optional<double> at_first(SubjectId id, Field field) const;

  // Marks, notes, alerts, exits of watched processes, gaps: at most kEvents;
  // older ones give way and are counted.
  const std::vector<Event>& events() const { return events_; }
  uint64_t forgotten_events() const { return forgotten_; }
  size_t alerts() const { return alerts_; }
  // Watched processes that ended, with their last figures.
  struct End {
    SubjectId subject;
    BootTime time;
    std::optional<double> anon, rss, fds, threads;  // bytes, pieces
    std::optional<double> cpu_seconds;              // of its whole life
  };
  const std::vector<End>& ends() const { return ends_; }
  // The op that is counted first: the x axis of leaks; invalid when none.
  MetricId primary_op() const { return primary_op_; }

  static constexpr size_t kEvents = 20'000;
  static constexpr size_t kProcesses = 4'000;  // with a course

 private:
  struct Base {
    SubjectId subject;
    std::optional<double> anon, fds;
  };
  using Courses = std::array<BucketSeries, kCourses>;

  void see(BootTime time);
  void add_tick(const Frame& frame, const Dictionary& dictionary);
  void see_first(const ProcessState& sample);
  void add_ops(const Frame& frame);
  void see_ends(const Dictionary& dictionary);
  void add_end(const ProcessState& sample, BootTime time);
  void find_metrics(const Dictionary& dictionary);
  void set_primary(const std::string& op, const Dictionary& dictionary);
  void capture_bases();
  void add_event(const Event& event);
  Courses make_courses() const;

  Nanoseconds interval_;
  BootTime begin_, end_;
  bool seen_ = false;
  int64_t ticks_ = 0, missing_ = 0;
  Snapshot tail_;
  PhaseTracker phases_;
  std::unordered_map<SubjectId, Courses> processes_;
  std::unique_ptr<Courses> totals_;
  std::unique_ptr<BucketSeries> ops_;
  HostHistory host_;
  CgroupHistory cgroups_;
  std::unordered_map<SubjectId, Base> first_;
  std::vector<std::vector<Base>> bases_;  // by phase, by subject
  size_t bases_kept_ = 0;
  std::vector<Event> events_;
  uint64_t forgotten_ = 0;
  size_t alerts_ = 0;
  std::vector<End> ends_;
  std::unordered_set<SubjectId> ended_;
  size_t metrics_seen_ = 0;
  MetricId primary_op_;
};

}  // namespace tidemark
