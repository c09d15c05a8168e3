#include "daemon/host_check.h"

#include <linux/capability.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "core/base/text.h"
#include "core/os/file.h"
#include "daemon/host_facts.h"
#include "daemon/process_table.h"
#include "daemon/procfs/process_walk.h"
#include "daemon/procfs/text_cursor.h"
#include "daemon/registry.h"
#include "daemon/stack_desk.h"
#include "probes/kernel_features.h"
#include "probes/probe_host.h"
#include "probes/process_scan.h"

namespace tidemark {
namespace {

using State = HostCheck::State;

// What is lost without a sensor.
constexpr std::pair<std::string_view, std::string_view> kLost[] = {
    {"process_scan",
     "the cheap pass over all processes: /proc is read instead, with I/O of "
     "watched processes only, no switches and no run delay"},
    {"process_life",
     "processes that live shorter than a tick, and their final figures"},
    {"heap", "live memory by call stack; growth by first touch stands in"},
    {"growth", "growth of memory by call stack"},
    {"handles", "descriptors and threads by call stack"},
    {"on_cpu", "CPU time by call stack"},
    {"latency", "histograms of waits for CPUs and disks, and stalls"},
    {"run_queue", "histograms of waits for a CPU"},
    {"block_io", "histograms of the latency of disks"},
    {"reclaim", "stalls for want of free memory"},
    {"tcp_retransmit", "TCP segments sent again"},
    {"probe_time", "what the probes' own programs cost (self.probe_time)"},
    {"process_exact", "exact memory and descriptors"},
    {"process_slow", "mappings, sockets, memory by kind"},
    {"host_pressure", "pressure (PSI) of the host"},
};

std::string_view lost_without(std::string_view sensor) {
  for (const auto& [name, lost] : kLost) {
    if (name == sensor) return lost;
  }
  return "its metrics";
}

HostCheck passed(std::string what, std::string detail) {
  return {std::move(what), State::ok, std::move(detail), "", "", false};
}

HostCheck failed(std::string what, const Error& error, std::string_view lost) {
  auto [cause, remedy] = split_remedy(error.what);
  if (remedy.empty()) remedy = "none is known; tidemark works without";
  if (cause.starts_with(what + ": ")) cause.erase(0, what.size() + 2);
  // A collector hands on what its probe of the same name said.
  const std::string probe =
      "probe" + what.substr(std::min(what.find(' '), what.size())) + ": ";
  if (cause.starts_with(probe)) cause.erase(0, probe.size());
  return {std::move(what),   State::degraded,   std::move(cause),
          std::string(lost), std::move(remedy), false};
}

HostCheck check_probe(const ProbeEntry& probe) {
  const std::string what = "probe " + std::string(probe.name);
  const Status status = probe.check();
  if (!status) return failed(what, status.error(), lost_without(probe.name));
  return passed(what, std::string(probe.hook));
}

// `refused` holds the names of probes that cannot be loaded here.
HostCheck check_collector(const CollectorEntry& entry,
                          const CollectorContext& context,
                          const std::set<std::string_view>& refused) {
  const std::string what = "collector " + std::string(entry.name);
  const bool essential =
      entry.name == "process_scan" || entry.name == "process_exact";
  const auto level = entry.make()->start(context);
  HostCheck check = level
                        ? passed(what, *level)
                        : failed(what, level.error(), lost_without(entry.name));
  check.essential = essential;
  if (!level) {
    if (essential) check.state = State::missing;
    return check;
  }
  // It runs on its fallback, or has nothing to begin with when it is time. Its
  // probe's line says what would help.
  if (refused.contains(entry.name)) {
    check.state = State::degraded;
    check.detail = level->starts_with("on ")
                       ? "nothing to begin with on growth: its probe is refused"
                       : level->substr(0, level->find(" ("));
    check.lost = lost_without(entry.name);
    check.remedy = "see probe " + std::string(entry.name);
  }
  return check;
}

HostCheck check_types() {
  const std::string what = "kernel type information";
  const Status status = check_type_information();
  if (status) return passed(what, "/sys/kernel/btf/vmlinux");
  return {what,
          State::degraded,
          status.error().what,
          "every probe",
          "use a kernel built with CONFIG_DEBUG_INFO_BTF",
          false};
}

// Our own rights over processes of other users.
HostCheck check_rights(const Roots& roots) {
  const std::string what = "other users' processes";
  std::string buffer;
  const auto status = read_file(roots.proc + "/self/status", buffer);
  const uint64_t held = status ? parse_capabilities(*status) : 0;
  const auto has = [&](int capability) {
    return (held >> capability & 1) != 0;
  };
  if (has(CAP_SYS_PTRACE) && has(CAP_DAC_READ_SEARCH)) {
    return passed(what, "CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH");
  }
  return {what,
          State::degraded,
          "CAP_SYS_PTRACE or CAP_DAC_READ_SEARCH is not held",
          "I/O, descriptors and executable of processes of other users",
          "run as root, or give the program these two capabilities",
          false};
}

HostCheck check_uprobes() {
  const std::string what = "uprobe.multi";
  const auto has =
      kernel_has_enumerator("bpf_attach_type", "BPF_TRACE_UPROBE_MULTI");
  if (has && *has) {
    const auto session =
        kernel_has_enumerator("bpf_attach_type", "BPF_TRACE_UPROBE_SESSION");
    return passed(what, session && *session ? "with sessions"
                                            : "without "
                                              "sessions");
  }
  return {what,
          State::degraded,
          has ? "this kernel has no multi-uprobe links" : has.error().what,
          "heap probes, unless CAP_SYS_ADMIN is held",
          "use Linux 6.6 or newer, or the heap shim",
          false};
}

HostCheck check_perf() {
  const std::string what = "perf events";
  const Status status = check_perf_events();
  if (status) return passed(what, "software clock");
  return {what,
          State::degraded,
          status.error().what,
          "stacks by the software clock",
          std::string(perf_event_remedy()),
          false};
}

HostCheck check_pid_namespace() {
  const std::string what = "pid namespace";
  if (own_pid_namespace() == 0) return passed(what, "the host's");
  return {what,
          State::degraded,
          "Tidemark runs in a pid namespace of its own",
          "processes outside of it",
          "run it on the host, or give its container the host's (docker run "
          "--pid=host)",
          false};
}

// Processes that /proc shows and the task iterator does not: some guests'
// kernels keep their init from BPF.
HostCheck check_hidden(const Roots& roots) {
  struct Keys final : ProcessScan::Visitor {
    void visit(const ScannedProcess& process) override {
      keys.insert(process.key);
    }
    std::set<ProcessKey> keys;
  } scanned;
  const std::string what = "processes shown to BPF";
  auto scan = ProcessScan::open();
  if (!scan) return passed(what, "not asked: no task iterator");
  procfs::ProcessWalk walk(roots.proc, 0);
  std::vector<ProcessKey> listed;
  Status status = walk.open();
  if (status) {
    status = walk.for_each(
        [&](const procfs::ProcessStat& stat) { listed.push_back(stat.key()); });
  }
  if (status) status = (*scan)->scan(scanned);
  if (!status) return failed(what, status.error(), "this check");
  std::string hidden;
  for (const ProcessKey key : listed) {
    const std::string path = roots.proc + "/" + std::to_string(key.pid.value);
    if (scanned.keys.contains(key) || ::access(path.c_str(), F_OK) != 0) {
      continue;
    }
    hidden += (hidden.empty() ? "pid " : ", ") + std::to_string(key.pid.value);
  }
  if (hidden.empty()) return passed(what, "all");
  return {what,
          State::degraded,
          "the kernel keeps " + hidden + " from BPF",
          "these processes",
          "none: it is this kernel's choice",
          false};
}

HostCheck check_disk() {
  constexpr double kLeast = 256.0 * 1024 * 1024;
  const std::string what = "space for recordings here";
  struct statvfs space{};
  if (::statvfs(".", &space) != 0) {
    return failed(what, fail_errno("statvfs", errno).error(), "this check");
  }
  const double free =
      static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize);
  const std::string text = format_bytes(free) + " free";
  if (free >= kLeast) return passed(what, text);
  return {what,
          State::degraded,
          text,
          "ticks, once the disk is full",
          "record elsewhere: tidemark record -o PATH",
          false};
}

}  // namespace

std::vector<HostCheck> check_host(const Roots& roots, const Clock& clock,
                                  const std::vector<Pid>& pids) {
  std::vector<HostCheck> checks;
  std::set<std::string_view> refused;
  for (const ProbeEntry& probe : all_probes()) {
    checks.push_back(check_probe(probe));
    if (checks.back().state != State::ok) refused.insert(probe.name);
  }
  Registry registry;
  ProcessTable processes(roots, registry);
  StackDesk stacks(registry, roots.proc);
  CollectorContext context{roots, registry, processes, stacks, clock};
  // As `record` does by itself, so that each tells what it would find.
  context.heap.mode = HeapMode::automatic;
  for (const CollectorEntry& entry : all_collectors()) {
    checks.push_back(check_collector(entry, context, refused));
  }
  checks.push_back(check_types());
  checks.push_back(check_uprobes());
  checks.push_back(check_perf());
  checks.push_back(check_capabilities(roots));
  checks.push_back(check_rights(roots));
  checks.push_back(check_lockdown(roots));
  checks.push_back(check_unprivileged_bpf(roots));
  checks.push_back(check_cgroups(roots));
  checks.push_back(check_delays(roots));
  checks.push_back(check_clock(roots));
  checks.push_back(check_pid_namespace());
  checks.push_back(check_hidden(roots));
  checks.push_back(check_disk());
  checks.push_back(check_cost());
  for (const Pid pid : pids) checks.push_back(check_allocator(pid));
  return checks;
}

bool can_record(const std::vector<HostCheck>& checks) {
  return std::ranges::none_of(checks, [](const HostCheck& check) {
    return check.essential && check.state == State::missing;
  });
}

const char* host_check_state_name(HostCheck::State state) {
  switch (state) {
    case State::ok: return "ok";
    case State::degraded: return "degraded";
    case State::missing: return "missing";
  }
  return "missing";
}

CauseAndRemedy split_remedy(const std::string& what) {
  const size_t at = what.find("; ");
  if (at == std::string::npos) return {what, ""};
  return {what.substr(0, at), what.substr(at + 2)};
}

uint64_t parse_capabilities(std::string_view status) {
  constexpr std::string_view kKey = "CapEff:";
  for (procfs::TextCursor lines(status); !lines.at_end();) {
    const std::string_view line = lines.line();
    if (!line.starts_with(kKey)) continue;
    const std::string_view mask =
        procfs::TextCursor(line.substr(kKey.size())).word();
    uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(mask.data(), mask.data() + mask.size(), value, 16);
    const bool whole = end == mask.data() + mask.size();
    return error == std::errc() && whole ? value : 0;
  }
  return 0;
}

}  // namespace tidemark
