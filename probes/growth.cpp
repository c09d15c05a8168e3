#include "probes/growth.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "growth.skel.h"
#include "probes/copied_registers.h"
#include "probes/cpu_events.h"
#include "probes/growth_record.h"
#include "probes/probe_host.h"
#include "probes/ring_reader.h"

namespace tidemark {
namespace {

constexpr std::string_view kName = "growth";
constexpr uint64_t kSecond = 1'000'000'000;

struct Close {
  void operator()(growth_bpf* probe) const { growth_bpf__destroy(probe); }
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Probe = std::unique_ptr<growth_bpf, Close>;
using Link = std::unique_ptr<bpf_link, Close>;

GrowthAmount amount_of(const tidemark_growth_amount& from) {
  return {static_cast<int64_t>(from.bytes), static_cast<int64_t>(from.count)};
}

class Growth final : public GrowthProbe {
 public:
  static Result<std::unique_ptr<Growth>> load(const GrowthOptions& options,
                                              bool perf_events) {
    const ProbeLog log;
    Probe probe(growth_bpf__open());
    if (!probe) return probe_failed(kName, "opening", errno, log);
    configure(*probe, options);
    bpf_program__set_autoload(
        perf_events ? probe->progs.fault_overflow : probe->progs.fault_traced,
        true);
    const int error = growth_bpf__load(probe.get());
    if (error != 0) return probe_failed(kName, "loading", -error, log);
    std::unique_ptr<Growth> growth(new Growth(std::move(probe), perf_events));
    if (const int failed = growth->attach(options); failed != 0) {
      return probe_failed(kName, "attaching", failed, log);
    }
    return growth;
  }

  const char* fault_source() const override {
    return perf_events_ ? "perf event" : "tp_btf";
  }

  Status follow(ProcessKey process, const GrowthBaseline& from) override {
    tidemark_growth_process state{};
    state.start_ticks = process.start_ticks;
    state.total_pages = from.total;
    state.data_pages = from.data;
    state.anon_pages = from.anonymous;
    const int32_t pid = process.pid.value;
    if (bpf_map_update_elem(map(), &pid, &state, BPF_ANY) != 0) {
      return fail_errno("processes whose growth is followed", errno);
    }
    return {};
  }

  void forget(Pid pid) override { bpf_map_delete_elem(map(), &pid.value); }

  Result<GrowthCounts> read(Pid pid) const override {
    tidemark_growth_process state{};
    if (bpf_map_lookup_elem(map(), &pid.value, &state) != 0) {
      return fail(ErrorKind::gone, "its growth is not followed");
    }
    GrowthCounts counts;
    for (size_t i = 0; i < kGrowthRegions; ++i) {
      counts.grown[i] = amount_of(state.grown[i]);
      counts.touched[i] = amount_of(state.touched[i]);
    }
    counts.shrunk = amount_of(state.shrunk);
    counts.no_room = static_cast<int64_t>(state.no_room);
    return counts;
  }

  void set_cohort(uint32_t ordinal) override { probe_->bss->cohort = ordinal; }

  Status drain(const std::function<void(const GrowthStack&)>& fn) override {
    ring_->drain([&](std::span<const std::byte> record) {
      if (record.size() >= sizeof(tidemark_growth_record)) {
        fn(stack_of(
            *reinterpret_cast<const tidemark_growth_record*>(record.data())));
      }
    });
    return {};
  }

 private:
  Growth(Probe probe, bool perf_events)
      : probe_(std::move(probe)), perf_events_(perf_events) {}

  static void configure(growth_bpf& probe, const GrowthOptions& options) {
    const uint64_t gap = kSecond / options.stacks_per_second;
    probe.rodata->pid_namespace_inode = own_pid_namespace();
    probe.rodata->ns_per_tick =
        kSecond / static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
    probe.rodata->ns_per_stack = gap;
    probe.rodata->stack_burst_ns = gap * options.stacks_at_once;
    probe.rodata->fault_period = options.fault_period;
  }

  // An errno; 0: attached.
  int attach(const GrowthOptions& options) {
    auto ring = RingReader::open(bpf_map__fd(probe_->maps.ring));
    if (!ring) return ring.error().errno_value;
    ring_ = std::move(*ring);
    if (!add(bpf_program__attach(probe_->progs.lock_released))) return errno;
    if (!perf_events_) {
      return add(bpf_program__attach(probe_->progs.fault_traced)) ? 0 : errno;
    }
    auto events =
        open_cpu_events({PERF_COUNT_SW_PAGE_FAULTS, options.fault_period});
    if (!events) return events.error().errno_value;
    for (UniqueFd& event : *events) {
      if (!add(bpf_program__attach_perf_event(probe_->progs.fault_overflow,
                                              event.get()))) {
        return errno;
      }
      event.release();  // the link closes it
    }
    return 0;
  }

  bool add(bpf_link* link) {
    if (link == nullptr) return false;
    links_.emplace_back(link);
    return true;
  }

  int map() const { return bpf_map__fd(probe_->maps.processes); }

  static GrowthStack stack_of(const tidemark_growth_record& from) {
    GrowthStack stack;
    stack.process = {Pid{static_cast<int32_t>(from.tgid)}, from.start_ticks};
    stack.cohort = from.cohort;
    stack.fault = from.source == TIDEMARK_GROWTH_FAULT;
    stack.amount = amount_of(from.amount);
    stack.registers = dwarf_registers(from.stack.registers);
    stack.program_counter = from.stack.registers.ip;
    stack.stack = {from.stack.bytes, from.stack.size};
    return stack;
  }

  Probe probe_;
  std::unique_ptr<RingReader> ring_;
  std::vector<Link> links_;
  bool perf_events_;
};

}  // namespace

Result<std::unique_ptr<GrowthProbe>> GrowthProbe::open(
    const GrowthOptions& options) {
  if (options.perf_events) {
    if (auto growth = Growth::load(options, true)) return std::move(*growth);
  }
  TIDEMARK_TRY(auto growth, Growth::load(options, false));
  return growth;
}

Status check_growth() {
  TIDEMARK_TRY(const auto probe, GrowthProbe::open());
  return {};
}

}  // namespace tidemark
