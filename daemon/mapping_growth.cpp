#include "daemon/mapping_growth.h"

#include "core/os/file.h"
#include "daemon/procfs/process_statm.h"
#include "probes/process_maps.h"

namespace tidemark {
namespace {

constexpr int64_t kPage = 4096;

// Pages outside of the heap segment and the main thread's stack.
int64_t mapped_pages(const ProcessMaps& maps) {
  int64_t pages = 0;
  for (const Mapping& mapping : maps.mappings) {
    if (mapping.path == "[heap]" || mapping.path == "[stack]") continue;
    pages += static_cast<int64_t>(mapping.end - mapping.begin) / kPage;
  }
  return pages;
}

}  // namespace

bool MappingGrowth::add(const std::string& proc, Pid pid) {
  if (growing_) return true;
  const auto text =
      read_file(proc + "/" + std::to_string(pid.value) + "/statm", buffer_);
  if (!text) return false;
  const auto statm = procfs::parse_process_statm(*text);
  if (!statm || !size_.add(statm->size.count)) return false;
  if (readings_++ % HandleGrowth::kWindow != 0) return false;
  const auto maps = read_process_maps(proc, pid);
  if (!maps) return false;
  // Read once in a window, so it is the floor of one.
  const int64_t pages = mapped_pages(*maps);
  for (int i = 0; i < HandleGrowth::kWindow; ++i) {
    growing_ = mapped_.add(pages);
  }
  return growing_;
}

}  // namespace tidemark
