#include "probes/on_cpu.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "on_cpu.skel.h"
#include "probes/copied_registers.h"
#include "probes/cpu_events.h"
#include "probes/kernel_features.h"
#include "probes/on_cpu_record.h"
#include "probes/probe_host.h"
#include "probes/ring_reader.h"

namespace tidemark {
namespace {

constexpr std::string_view kName = "on_cpu";
constexpr uint64_t kSecond = 1'000'000'000;

struct Close {
  void operator()(on_cpu_bpf* probe) const { on_cpu_bpf__destroy(probe); }
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Probe = std::unique_ptr<on_cpu_bpf, Close>;

class OnCpu final : public OnCpuProbe {
 public:
  explicit OnCpu(Probe probe) : probe_(std::move(probe)) {}

  Status attach(uint32_t hertz, const ProbeLog& log) {
    TIDEMARK_TRY(ring_, RingReader::open(bpf_map__fd(probe_->maps.ring)));
    auto events = open_cpu_events({PERF_COUNT_SW_CPU_CLOCK, hertz, true});
    if (!events) {
      return fail(events.error().kind, "probe on_cpu: " + events.error().what +
                                           "; " +
                                           std::string(perf_event_remedy()));
    }
    for (UniqueFd& event : *events) {
      bpf_link* link = bpf_program__attach_perf_event(
          probe_->progs.clock_ticked, event.get());
      if (link == nullptr) return probe_failed(kName, "attaching", errno, log);
      event.release();  // the link closes it
      links_.emplace_back(link);
    }
    return {};
  }

  Status follow(ProcessKey process) override {
    tidemark_on_cpu_process state{};
    state.start_ticks = process.start_ticks;
    const int32_t pid = process.pid.value;
    if (bpf_map_update_elem(map(), &pid, &state, BPF_ANY) != 0) {
      return fail_errno("processes whose CPU is sampled", errno);
    }
    return {};
  }

  void forget(Pid pid) override { bpf_map_delete_elem(map(), &pid.value); }

  Result<OnCpuCounts> read(Pid pid) const override {
    tidemark_on_cpu_process state{};
    if (bpf_map_lookup_elem(map(), &pid.value, &state) != 0) {
      return fail(ErrorKind::gone, "its CPU is not sampled");
    }
    return OnCpuCounts{static_cast<int64_t>(state.samples),
                       static_cast<int64_t>(state.no_room)};
  }

  void set_cohort(uint32_t ordinal) override { probe_->bss->cohort = ordinal; }

  Status drain(const std::function<void(const OnCpuStack&)>& fn) override {
    ring_->drain([&](std::span<const std::byte> record) {
      if (record.size() >= sizeof(tidemark_on_cpu_record)) {
        fn(stack_of(
            *reinterpret_cast<const tidemark_on_cpu_record*>(record.data())));
      }
    });
    return {};
  }

 private:
  int map() const { return bpf_map__fd(probe_->maps.processes); }

  static OnCpuStack stack_of(const tidemark_on_cpu_record& from) {
    OnCpuStack stack;
    stack.process = {Pid{static_cast<int32_t>(from.tgid)}, from.start_ticks};
    stack.cohort = from.cohort;
    stack.samples = static_cast<int64_t>(from.samples);
    stack.registers = dwarf_registers(from.stack.registers);
    stack.program_counter = from.stack.registers.ip;
    stack.stack = {from.stack.bytes, from.stack.size};
    return stack;
  }

  Probe probe_;
  std::unique_ptr<RingReader> ring_;
  std::vector<std::unique_ptr<bpf_link, Close>> links_;
};

}  // namespace

Result<std::unique_ptr<OnCpuProbe>> OnCpuProbe::open(
    const OnCpuOptions& options) {
  const ProbeLog log;
  Probe probe(on_cpu_bpf__open());
  if (!probe) return probe_failed(kName, "opening", errno, log);
  const uint64_t gap = kSecond / options.stacks_per_second;
  probe->rodata->pid_namespace_inode = own_pid_namespace();
  probe->rodata->ns_per_tick =
      kSecond / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
  probe->rodata->ns_per_stack = gap;
  probe->rodata->stack_burst_ns = gap * options.stacks_at_once;
  const int error = on_cpu_bpf__load(probe.get());
  if (error != 0) return probe_failed(kName, "loading", -error, log);
  auto on_cpu = std::make_unique<OnCpu>(std::move(probe));
  TIDEMARK_CHECK(on_cpu->attach(options.hertz, log));
  return on_cpu;
}

Status check_on_cpu() {
  TIDEMARK_TRY(const auto probe, OnCpuProbe::open());
  return {};
}

}  // namespace tidemark
