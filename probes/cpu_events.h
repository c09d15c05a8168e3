// A perf event of each CPU that is on, of all processes: what programs of type
// perf_event are attached to.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

struct CpuEvent {
  uint64_t config = 0;  // PERF_COUNT_SW_...
  uint64_t period = 0;  // events; or, if `frequency`, samples a second
  bool frequency = false;
};

// Error: permission or the system's.
Result<std::vector<UniqueFd>> open_cpu_events(const CpuEvent& event);

}  // namespace tidemark
