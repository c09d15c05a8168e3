#include "daemon/quiesce_desk.h"

#include <unistd.h>

#include <algorithm>

#include "core/os/file.h"
#include "daemon/procfs/process_stat.h"
#include "daemon/procfs/process_statm.h"

namespace tidemark {

QuiesceDesk::QuiesceDesk(const Roots& roots)
    : proc_(roots.proc),
      page_size_(::sysconf(_SC_PAGESIZE)),
      ticks_per_second_(::sysconf(_SC_CLK_TCK)) {}

void QuiesceDesk::add(const Request& request, ProcessKey process,
                      BootTime now) {
  open_.push_back({request, process, QuiesceWatch(now)});
}

void QuiesceDesk::poll(BootTime now, std::vector<Request>& done) {
  std::erase_if(open_, [&](Open& open) {
    if (!open.watch.observe(now, read(open.process))) return false;
    done.push_back(open.request);
    return true;
  });
}

std::optional<QuiesceWatch::Reading> QuiesceDesk::read(ProcessKey process) {
  if (process.pid.value <= 0) return std::nullopt;
  const std::string folder = proc_ + "/" + std::to_string(process.pid.value);
  QuiesceWatch::Reading reading;
  const auto stat_text = read_file(folder + "/stat", buffer_);
  if (!stat_text) return std::nullopt;
  const auto stat = procfs::parse_process_stat(*stat_text);
  if (!stat || stat->start_ticks != process.start_ticks) return std::nullopt;
  reading.cpu = to_nanoseconds(stat->user + stat->system, ticks_per_second_);
  const auto statm_text = read_file(folder + "/statm", buffer_);
  if (!statm_text) return std::nullopt;
  const auto statm = procfs::parse_process_statm(*statm_text);
  if (!statm) return std::nullopt;
  reading.rss_bytes = statm->resident.count * page_size_;
  return reading;
}

}  // namespace tidemark
