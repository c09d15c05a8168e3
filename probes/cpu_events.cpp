#include "probes/cpu_events.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tidemark {

Result<std::vector<UniqueFd>> open_cpu_events(const CpuEvent& event) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = event.config;
  attributes.sample_period = event.period;  // shares its place with sample_freq
  attributes.freq = event.frequency ? 1 : 0;
  std::vector<UniqueFd> events;
  const auto cpus = static_cast<int>(::sysconf(_SC_NPROCESSORS_CONF));
  for (int cpu = 0; cpu < cpus; ++cpu) {
    const long fd = ::syscall(SYS_perf_event_open, &attributes, -1, cpu, -1,
                              static_cast<unsigned long>(PERF_FLAG_FD_CLOEXEC));
    if (fd < 0 && errno == ENODEV) continue;  // it is off
    if (fd < 0) return fail_errno("perf event", errno);
    events.emplace_back(static_cast<int>(fd));
  }
  return events;
}

}  // namespace tidemark
