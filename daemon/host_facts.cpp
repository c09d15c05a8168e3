#include "daemon/host_facts.h"

#include <fmt/format.h>
#include <linux/capability.h>

#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/os/file.h"
#include "daemon/procfs/text_cursor.h"
#include "daemon/self_meter.h"
#include "probes/allocator_finder.h"
#include "probes/process_scan.h"

namespace tidemark {
namespace {

using State = HostCheck::State;

// The first line of a small file; "" when it cannot be read.
std::string first_line(const std::string& path) {
  std::string buffer;
  const auto text = read_file(path, buffer, 1 << 20);
  if (!text) return "";
  return std::string(procfs::TextCursor(*text).line());
}

HostCheck fine(std::string what, std::string detail) {
  return {std::move(what), State::ok, std::move(detail), "", "", false};
}

HostCheck worse(std::string what, std::string detail, std::string lost,
                std::string remedy) {
  return {std::move(what), State::degraded,   std::move(detail),
          std::move(lost), std::move(remedy), false};
}

struct Capability {
  int number;
  std::string_view name;
  std::string_view lost;
};

constexpr std::array<Capability, 4> kWanted = {{
    {CAP_BPF, "CAP_BPF", "every probe"},
    {CAP_PERFMON, "CAP_PERFMON", "every probe"},
    {CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "I/O, descriptors, program of others"},
    {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
     "I/O of others; programs of others for names"},
}};

}  // namespace

HostCheck check_capabilities(const Roots& roots) {
  const std::string what = "capabilities";
  std::string buffer;
  const auto status = read_file(roots.proc + "/self/status", buffer);
  const uint64_t held = status ? parse_capabilities(*status) : 0;
  std::string missing, lost;
  for (const Capability& wanted : kWanted) {
    if ((held >> wanted.number & 1) != 0) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(wanted.name);
    if (lost.find(wanted.lost) == std::string::npos) {
      lost += (lost.empty() ? "" : "; ") + std::string(wanted.lost);
    }
  }
  if (missing.empty()) {
    return fine(what,
                "CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, "
                "CAP_DAC_READ_SEARCH");
  }
  return worse(what, "not held: " + missing, lost,
               "run as root, or as the service, or give the program these: "
               "setcap cap_bpf,cap_perfmon,cap_sys_ptrace,"
               "cap_dac_read_search+ep");
}

HostCheck check_lockdown(const Roots& roots) {
  const std::string what = "kernel lockdown";
  const std::string line = first_line(roots.sys + "/kernel/security/lockdown");
  if (line.empty()) return fine(what, "none");
  const size_t open = line.find('[');
  const size_t close = line.find(']', open);
  if (open == std::string::npos || close == std::string::npos) {
    return fine(what, line);
  }
  const std::string mode = line.substr(open + 1, close - open - 1);
  if (mode != "confidentiality") return fine(what, mode);
  return worse(what, "confidentiality",
               "every probe: none may read the kernel's memory",
               "boot with lockdown=integrity, or without Secure Boot");
}

HostCheck check_unprivileged_bpf(const Roots& roots) {
  const std::string what = "bpf(2) for plain users";
  const std::string value =
      first_line(roots.proc + "/sys/kernel/unprivileged_bpf_disabled");
  if (value.empty()) {
    return worse(what, "this kernel has no bpf(2)", "every probe",
                 "use a kernel built with CONFIG_BPF_SYSCALL");
  }
  return fine(what, value == "0" ? "allowed (Tidemark does not need it)"
                                 : "off, as it should be");
}

HostCheck check_cgroups(const Roots& roots) {
  const std::string what = "cgroups";
  std::string buffer;
  const auto mounts = read_file(roots.proc + "/self/mountinfo", buffer);
  bool first = false, second = false;
  for (procfs::TextCursor lines(mounts ? *mounts : ""); !lines.at_end();) {
    const std::string_view line = lines.line();
    first |= line.find(" - cgroup ") != std::string_view::npos;
    second |= line.find(" - cgroup2 ") != std::string_view::npos;
  }
  if (first && second) return fine(what, "version 1, and 2 beside it");
  if (second) return fine(what, "version 2");
  if (first) return fine(what, "version 1 (no pressure by cgroup)");
  return worse(what, "no cgroup file system is mounted",
               "memory, CPU and I/O by cgroup",
               "mount -t cgroup2 none /sys/fs/cgroup");
}

HostCheck check_delays(const Roots& roots) {
  const std::string what = "delay accounting";
  if (first_line(roots.proc + "/self/schedstat").empty()) {
    return worse(what, "this kernel has no /proc/PID/schedstat",
                 "time that processes wait for a CPU, without probes",
                 "use a kernel built with CONFIG_SCHED_INFO");
  }
  const std::string on = first_line(roots.proc + "/sys/kernel/task_delayacct");
  return fine(what, on == "1" ? "run queue, and delays by resource"
                              : "run queue; delays by resource are off, and "
                                "the latency probe stands in");
}

HostCheck check_clock(const Roots& roots) {
  const std::string what = "clock source";
  const std::string source =
      first_line(roots.sys +
                 "/devices/system/clocksource/clocksource0/"
                 "current_clocksource");
  if (source.empty()) return fine(what, "not told by this kernel");
  constexpr std::array<std::string_view, 4> kSlow = {"hpet", "acpi_pm",
                                                     "jiffies", "refined"};
  for (const std::string_view slow : kSlow) {
    if (!source.starts_with(slow)) continue;
    return worse(what, source,
                 "cheap marks: each reads the clock by a system call",
                 "find out why the kernel gave up the better one: "
                 "dmesg | grep -i clocksource");
  }
  return fine(what, source);
}

HostCheck check_cost() {
  const std::string what = "cost of a pass over all processes";
  struct Count final : ProcessScan::Visitor {
    void visit(const ScannedProcess&) override { ++processes; }
    int64_t processes = 0;
  } count;
  auto scan = ProcessScan::open();
  if (!scan) return fine(what, "not measured: no task iterator");
  (void)(*scan)->scan(count);  // the first one warms up
  count.processes = 0;
  const Nanoseconds before = SelfMeter::process_cpu();
  if (const Status status = (*scan)->scan(count); !status) {
    return fine(what, "not measured: " + status.error().what);
  }
  const Nanoseconds used = SelfMeter::process_cpu() - before;
  const double share = to_seconds(used);
  const std::string detail =
      fmt::format("{:.2f} ms for {} processes: {:.2f} % of a core at 1 Hz",
                  share * 1e3, count.processes, share * 100);
  if (share <= 0.01) return fine(what, detail);
  return worse(what, detail, "ticks: the budget of 1 % lengthens the period",
               "a longer --interval, or a larger --budget");
}

HostCheck check_allocator(Pid pid) {
  const std::string what = fmt::format("allocator of process {}", pid.value);
  AllocatorFinder finder;
  const auto set = finder.find(pid);
  const std::string lost = "its heap by call stack (A3)";
  if (!set) {
    auto [cause, remedy] = split_remedy(set.error().what);
    return worse(what, cause, lost,
                 remedy.empty() ? "name a process that is alive" : remedy);
  }
  if (!set->not_visible.empty()) {
    return worse(what, set->not_visible, lost,
                 "growth by first touch stands in, for any language");
  }
  std::string names;
  for (const AllocatorObject& object : set->objects) {
    names += (names.empty() ? "" : ", ") + object.allocator + " in " +
             object.mapped_path;
  }
  return fine(what, names);
}

}  // namespace tidemark
