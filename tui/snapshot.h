// All values at one position of a recording, and the rates between its last
// two readings. Pure: fed with frames in order, or preloaded after a seek.
//
// Counters of processes are read together, on every tick or (when the daemon
// saves its own CPU) on every 2nd or 4th, and are stored only when they change:
// a tick that holds any of them was a reading, and a counter that it does not
// repeat has not moved. Between two readings rates hold. A value never seen is
// absent, and a rate needs two readings.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/model/dictionary.h"
#include "core/model/frame.h"
#include "tui/reading_table.h"

namespace tidemark {

// What is kept of each process; the names are the metrics' own.
enum class Field : uint8_t {
  cpu_user,  // counters first: kCounterFields of them, with rates
  cpu_system,
  io_read_bytes,
  io_write_bytes,
  minor_faults,
  major_faults,
  run_delay,
  voluntary_switches,
  involuntary_switches,
  rss_estimate,  // levels
  rss,
  rss_anon,
  rss_shared,
  fds,
  threads,
  rss_file,
  rss_shmem,
  swap,
  page_tables,
  rss_peak,
  vm_size,
  mappings,
  sockets,
  fds_file,
  fds_pipe,
  fds_other,
  children,
  zombies,
  fd_limit,
  inotify_watches,
};
inline constexpr size_t kCounterFields = 9;
inline constexpr size_t kFields = 30;
// The metric's name.
std::string_view field_name(Field field);

struct ProcessState {
  SubjectId id;
  bool ended = false;
  std::bitset<kFields> present;
  std::bitset<kCounterFields> has_rate;
  std::array<int64_t, kFields> values{};
  std::array<double, kCounterFields> rates{};  // per second

  std::optional<double> value(Field field) const;
  std::optional<double> rate(Field field) const;
  // Cores in use: user + system.
  std::optional<double> cpu_ratio() const;

 private:
  friend class Snapshot;
  std::array<int64_t, kCounterFields> before_{};  // at the last tick
  std::bitset<kCounterFields> had_;
};

class Snapshot {
 public:
  // Moves on by one frame.
  void apply(const Frame& frame, bool chapter_begin,
             const Dictionary& dictionary);
  // After a seek: a value known at that position. When it was read is not
  // known, so rates begin with the second frame that follows.
  void preload(MetricId metric, SubjectId subject, int64_t value,
               const Dictionary& dictionary);

  // Of the last frame; the epoch before any.
  BootTime time() const { return time_; }
  bool empty() const { return to_ns(time_) == 0; }
  Nanoseconds interval() const { return interval_; }
  bool complete() const { return complete_; }

  const std::vector<ProcessState>& processes() const { return processes_; }
  const ProcessState* find(SubjectId id) const;

  // Everything that is not a process: the host, cgroups, clients, ...
  const ReadingTable& others() const { return others_; }
  std::optional<double> total(MetricId metric) const {
    return others_.total(metric);
  }
  std::optional<double> total_rate(MetricId metric) const {
    return others_.total_rate(metric);
  }

 private:
  struct Route {  // where a metric's values go
    enum class To : uint8_t { unknown, drop, process, other } to = To::unknown;
    uint8_t field = 0;
  };

  Route route(MetricId metric, const Dictionary& dictionary);
  ProcessState& process(SubjectId id);
  void put(Route route, const Metric& metric, SubjectId subject, int64_t value);
  void end_unseen(const Frame& frame, const Dictionary& dictionary);
  void drop_ended();
  void update_rates(BootTime time);

  BootTime time_;
  BootTime read_time_;  // of the counters of processes
  Nanoseconds interval_{0};
  bool complete_ = true;
  std::vector<Route> routes_;
  std::vector<ProcessState> processes_;
  std::unordered_map<SubjectId, size_t> process_index_;
  ReadingTable others_;
};

}  // namespace tidemark
