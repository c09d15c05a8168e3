// Every parser of the kernel's text on any bytes: no crash, and what they
// return lies inside the text.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/host_check.h"
#include "daemon/procfs/cgroup_paths.h"
#include "daemon/procfs/cgroup_values.h"
#include "daemon/procfs/devices.h"
#include "daemon/procfs/host_stat.h"
#include "daemon/procfs/key_values.h"
#include "daemon/procfs/open_files.h"
#include "daemon/procfs/pressure.h"
#include "daemon/procfs/process_io.h"
#include "daemon/procfs/process_stat.h"
#include "daemon/procfs/process_statm.h"
#include "daemon/procfs/process_status.h"

using namespace tidemark;
using namespace tidemark::procfs;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

bool inside(std::string_view part, std::string_view text) {
  return part.empty() ||
         (part.data() >= text.data() &&
          part.data() + part.size() <= text.data() + text.size());
}

void parse_process_files(std::string_view text) {
  if (const auto stat = parse_process_stat(text)) {
    require(inside(stat->comm, text));
    require(stat->parent.value >= 0 && stat->threads >= 0);
  }
  if (const auto statm = parse_process_statm(text)) {
    require(statm->anonymous().count >= 0);
  }
  static_cast<void>(parse_process_status(text));
  static_cast<void>(parse_process_io(text));
  static_cast<void>(parse_process_limits(text));
  static_cast<void>(open_file_kind(text));
  static_cast<void>(count_inotify_watches(text));
  static_cast<void>(parse_capabilities(text));
}

void parse_host_files(std::string_view text) {
  std::vector<CpuTimes> cpus;
  static_cast<void>(parse_host_stat(text, cpus));
  std::vector<DiskStats> disks;
  static_cast<void>(parse_diskstats(text, disks));
  for (const DiskStats& disk : disks) require(inside(disk.name, text));
  std::vector<NetDevice> devices;
  static_cast<void>(parse_net_dev(text, devices));
  for (const NetDevice& device : devices) require(inside(device.name, text));
  static_cast<void>(parse_pressure(text));
  KeyValue wanted[] = {{"MemTotal"}, {"a"}, {"pgfault"}};
  static_cast<void>(parse_key_values("fuzz", text, wanted));
}

void parse_cgroup_files(std::string_view text) {
  require(inside(main_cgroup(text), text) || main_cgroup(text) == "/");
  static_cast<void>(parse_cgroup_mounts(text));
  CgroupValues values;
  for (const auto& file : cgroup_files_v1()) {
    static_cast<void>(parse_cgroup_file(file, text, values));
  }
  for (const auto& file : cgroup_files_v2()) {
    static_cast<void>(parse_cgroup_file(file, text, values));
  }
  for (const auto& value : values) require(!value || *value >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parse_process_files(text);
  parse_host_files(text);
  parse_cgroup_files(text);
  return 0;
}
