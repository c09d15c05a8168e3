// One metric of the PerfMon protocol, such as "cpu:idle", "memory:used:unit=mb"
// or "cpu:pid=4112:percent", read from /proc. The names and what they mean are
// those of the server agent's README (github.com/undera/perfmon-agent); exec,
// tail and jmx, which would run or read what the peer names, are not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/procfs/host_stat.h"

namespace tidemark {

struct PerfmonField {
  std::string family;  // cpu, memory, swap, disks, network, tcp
  std::string type;    // "" = the family's first one
  int32_t pid = -1;
  int32_t core = -1;
  std::string device;  // iface=
  double unit = 1;     // bytes are divided by it
};
// Nothing: no such family or type, or a parameter that makes no sense.
std::optional<PerfmonField> parse_perfmon_field(std::string_view text);

class PerfmonMetric {
 public:
  // `cpu_before`: a reading of the host's CPU times from before, so that the
  // first share is of some time.
  PerfmonMetric(std::optional<PerfmonField> field, std::string proc,
                const procfs::CpuTimes& cpu_before)
      : field_(std::move(field)),
        proc_(std::move(proc)),
        cpu_before_(cpu_before) {}

  // NaN: not known, not readable, or a difference that has no begin yet.
  double read(int64_t now_ns);

 private:
  double read_cpu();
  double read_process_cpu(int64_t now_ns);
  double read_memory();
  double read_process_memory();
  double read_swap();
  double read_disks();
  double read_network();
  double read_tcp();
  // Of something that only grows: by how much since the last reading.
  double growth(double total);

  std::optional<PerfmonField> field_;
  std::string proc_;
  std::string buffer_;
  procfs::CpuTimes cpu_before_;
  std::optional<double> total_before_;
  int64_t time_before_ = 0;
};

// The host's CPU times, of all (core -1) or one. Nothing: not readable.
std::optional<procfs::CpuTimes> read_cpu_times(const std::string& proc,
                                               int32_t core,
                                               std::string& buffer);

}  // namespace tidemark
