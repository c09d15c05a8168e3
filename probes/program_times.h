// How long the kernel ran the programs of our probes, which is what they cost
// whoever they interrupt. The kernel counts only while somebody asks it to,
// since counting costs each run some 30 ns (BPF_ENABLE_STATS, kernel/bpf/).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

// Counts while it is open. Error: permission (CAP_SYS_ADMIN) or unsupported
// (before 5.8).
Result<UniqueFd> count_program_times();

struct ProgramTime {
  uint32_t id = 0;  // the kernel's, not given again for a long time
  std::string_view probe;
  uint64_t ns = 0;  // while it was counted
};
// Of the programs that this process has open. `proc`: where its descriptors
// are listed ("/proc").
std::vector<ProgramTime> read_program_times(const std::string& proc);

// The probe that has a program of this name; empty: none.
std::string_view probe_of_program(std::string_view program);

// Adds up what probes took from readings of one time in so many.
class ProbeTimes {
 public:
  // The times as they are when counting begins and as it ends, and what part
  // of the time since the last end that was (0 < share <= 1).
  void begin(std::vector<ProgramTime> times) { begun_ = std::move(times); }
  void end(const std::vector<ProgramTime>& times, double share);

  // In nanoseconds, by probe.
  const std::map<std::string_view, int64_t>& totals() const { return totals_; }

 private:
  std::vector<ProgramTime> begun_;
  std::map<std::string_view, int64_t> totals_;
};

}  // namespace tidemark
