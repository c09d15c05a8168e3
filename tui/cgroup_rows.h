// Cgroups as rows: what the table shows of each, v1 and v2 alike. Pure.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/dictionary.h"
#include "tui/bucket_series.h"
#include "tui/host_history.h"
#include "tui/snapshot.h"

namespace tidemark {

struct CgroupRow {
  SubjectId id;
  const Subject* subject = nullptr;  // name: its path
  // Absent = unknown, or not there in this version of cgroups.
  std::optional<double> memory, limit, anon, file, kernel, swap;  // bytes
  std::optional<double> cpu, throttled;  // cores; ratio of time held back
  std::optional<double> read, write;     // bytes per second
  std::optional<double> pids, oom_kills, pressure;  // some, of memory
  size_t watched = 0;                               // watched processes in it
};

// Columns of the table in their order on the screen.
enum class CgroupColumn : uint8_t {
  path,
  watched,
  memory,
  limit,
  anon,
  file,
  kernel,
  swap,
  cpu,
  throttled,
  read,
  write,
  pids,
  oom,
  trend,
};
inline constexpr size_t kCgroupColumns = 15;

std::vector<CgroupRow> make_cgroup_rows(const Snapshot& shown,
                                        const Dictionary& dictionary);
// The limit of a cgroup's memory; nullopt: none, or unknown.
std::optional<double> cgroup_memory_limit(const Snapshot& shown,
                                          const Dictionary& dictionary,
                                          std::string_view path);
void sort_cgroups(std::vector<CgroupRow>& rows, CgroupColumn column,
                  bool reverse);

// Courses of the cgroups that matter: at most kMost, the first ones seen.
class CgroupHistory {
 public:
  CgroupHistory();
  void on_tick(const Snapshot& snapshot, const Dictionary& dictionary,
               BootTime begin, Nanoseconds interval, Nanoseconds span);
  // nullptr: none was kept.
  const BucketSeries* memory(SubjectId id) const { return of(memory_, id); }
  const BucketSeries* cpu(SubjectId id) const { return of(cpu_, id); }

  static constexpr size_t kMost = 256;

 private:
  using Courses = std::unordered_map<SubjectId, BucketSeries>;
  static const BucketSeries* of(const Courses& courses, SubjectId id);

  MetricNames names_;
  Courses memory_, cpu_;
};

}  // namespace tidemark
