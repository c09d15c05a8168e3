#include "probes/cpu_time.h"

#include <algorithm>

namespace tidemark {
namespace {

uint64_t system_share(CpuTime ticked, uint64_t runtime_ns) {
  if (ticked.system_ns == 0) return 0;
  if (ticked.user_ns == 0) return runtime_ns;
  const double ratio = static_cast<double>(ticked.system_ns) /
                       static_cast<double>(ticked.total());
  const double share = ratio * static_cast<double>(runtime_ns);
  return std::min(static_cast<uint64_t>(share), runtime_ns);
}

}  // namespace

CpuTime split_runtime(CpuTime ticked, uint64_t runtime_ns, CpuTime told) {
  if (told.total() >= runtime_ns) return told;
  CpuTime now;
  now.system_ns = std::max(system_share(ticked, runtime_ns), told.system_ns);
  now.user_ns = runtime_ns - now.system_ns;
  if (now.user_ns < told.user_ns) {
    now.user_ns = told.user_ns;
    now.system_ns = runtime_ns - told.user_ns;
  }
  return now;
}

}  // namespace tidemark
