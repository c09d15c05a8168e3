#include "daemon/collectors/process_text.h"

#include <utility>

namespace tidemark {

ProcessText::ProcessText(std::string proc, size_t keep_limit, Figures figures)
    : walk_(std::move(proc), keep_limit), figures_(figures) {}

Status ProcessText::scan(Visitor& visitor) {
  return walk_.for_each([&](const procfs::ProcessStat& stat) {
    const auto ns = [&](Ticks ticks) {
      return to_nanoseconds(ticks, figures_.ticks_per_second).count();
    };
    ProcessSample sample;
    sample.who.key = stat.key();
    sample.who.parent = stat.parent;
    sample.who.comm = stat.comm;
    sample.who.kernel_thread = stat.kernel_thread();
    sample.who.zombie = stat.state == 'Z';
    sample.cpu_user_ns = ns(stat.user);
    sample.cpu_system_ns = ns(stat.system);
    sample.minor_faults = stat.minor_faults;
    sample.major_faults = stat.major_faults;
    sample.threads = stat.threads;
    // A zombie or a kernel thread has no memory of its own: not zero, none.
    if (stat.vm_size.count > 0) {
      sample.rss_estimate = to_bytes(stat.rss, Bytes(figures_.page_size)).count;
      sample.who.rss_estimate = *sample.rss_estimate;
    }
    visitor.visit(sample);
  });
}

}  // namespace tidemark
