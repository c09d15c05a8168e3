// The course of the host's figures over the whole run, in bounded memory: what
// the host view and the overview draw. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/model/dictionary.h"
#include "tui/bucket_series.h"
#include "tui/snapshot.h"

namespace tidemark {

enum class HostCourse : uint8_t {
  cpu,           // ratio of all CPUs' time that was busy
  memory,        // bytes: total less available
  swap,          // bytes in use
  pressure_cpu,  // ratio of time in which some task waited
  pressure_memory,
  pressure_io,
  disk_read,  // bytes per second, all devices
  disk_write,
  net_receive,
  net_send,
  switches,   // per second
  forks,      // per second
  self_cpu,   // cores
  self_rss,   // bytes
  tick_late,  // seconds
};
inline constexpr size_t kHostCourses = 15;

// Looks metrics up by name, again only when the dictionary has grown.
class MetricNames {
 public:
  explicit MetricNames(std::vector<std::string_view> names)
      : names_(std::move(names)), ids_(names_.size()) {}
  void resolve(const Dictionary& dictionary);
  // Invalid: the recording has no such metric.
  MetricId operator[](size_t index) const { return ids_[index]; }

 private:
  std::vector<std::string_view> names_;
  std::vector<MetricId> ids_;
  size_t seen_ = 0;
};

// The share of CPU time that was busy: host.cpu_* over the last reading.
std::optional<double> host_busy(const Snapshot& snapshot,
                                const Dictionary& dictionary);

class HostHistory {
 public:
  HostHistory();
  // `span`: what the values describe, ending at the snapshot's time.
  void on_tick(const Snapshot& snapshot, const Dictionary& dictionary,
               BootTime begin, Nanoseconds interval, Nanoseconds span);
  // nullptr: never read.
  const BucketSeries* of(HostCourse course) const {
    return series_[static_cast<size_t>(course)].get();
  }

 private:
  std::optional<double> value(HostCourse course,
                              const Snapshot& snapshot) const;

  MetricNames names_;
  std::array<std::unique_ptr<BucketSeries>, kHostCourses> series_;
};

}  // namespace tidemark
