// /proc/stat (proc(5); kernel fs/proc/stat.c).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"

namespace tidemark::procfs {

struct CpuTimes {
  int cpu = -1;  // -1: all together
  Ticks user;    // guest time included
  Ticks nice;
  Ticks system;
  Ticks idle;
  Ticks iowait;
  Ticks irq;
  Ticks softirq;
  Ticks steal;
};

struct HostStat {
  CpuTimes all;
  int64_t interrupts = 0;
  int64_t context_switches = 0;
  int64_t forks = 0;
  int64_t running = 0;
  int64_t blocked = 0;
};

// Per CPU times go to `cpus` (cleared first, memory kept). Error malformed.
Result<HostStat> parse_host_stat(std::string_view text,
                                 std::vector<CpuTimes>& cpus);

}  // namespace tidemark::procfs
