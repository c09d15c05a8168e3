// Phases put together by path and processes by role: what all cycles of "load"
// cost.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "report/report_data.h"

namespace tidemark {

// The processes of one role in all phases of a path. Levels are the sum of
// the processes in one phase; over the phases the highest, or the last.
struct RoleUse {
  std::string role;
  std::set<SubjectId> processes;
  double cpu_seconds = 0;
  double seconds = 0;  // that the phases it was seen in lasted
  double rss_peak_bytes = 0;
  double rss_growth_bytes = 0;  // the sum of the phases' last minus first
  double fds_last = 0, threads_last = 0;
  bool rss_known = false, fds_known = false, threads_known = false;
  int64_t io_read_bytes = 0, io_write_bytes = 0;
  int64_t minor_faults = 0, major_faults = 0;
  double run_delay_seconds = 0;  // runnable, but waiting for a CPU
  double ops = 0;                // of its own op axis; 0: none was counted

  double cpu_ratio() const { return seconds > 0 ? cpu_seconds / seconds : 0; }
};

struct PhaseGroup {
  std::string path;
  PhaseKind kind = PhaseKind::custom;
  int64_t cycles = 0, aborted = 0;
  double seconds = 0;  // in all
  std::map<std::string, int64_t> ops;
  std::vector<RoleUse> roles;  // most CPU first
  std::vector<SpanStats> spans;
};

// In order of first begin; an open phase ends with the recording.
std::vector<PhaseGroup> group_phases(const ReportData& data);
// One group per phase, its path with the cycle: "load#3".
std::vector<PhaseGroup> each_phase(const ReportData& data);

}  // namespace tidemark
