#include "probes/process_life.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "probes/cpu_time.h"
#include "probes/probe_host.h"
#include "probes/probe_record.h"
#include "probes/ring_reader.h"
#include "process_life.skel.h"

namespace tidemark {
namespace {

constexpr std::string_view kName = "process_life";

struct Close {
  void operator()(process_life_bpf* probe) const {
    process_life_bpf__destroy(probe);
  }
  void operator()(btf* types) const { btf__free(types); }
};
using Probe = std::unique_ptr<process_life_bpf, Close>;

// The arguments of a trace event, by the kernel's own types.
const btf_type* event_arguments(const btf* types, const std::string& event) {
  const std::string name = "btf_trace_" + event;
  const int id = btf__find_by_name_kind(types, name.c_str(), BTF_KIND_TYPEDEF);
  if (id < 0) return nullptr;
  const btf_type* pointer = btf__type_by_id(
      types, btf__type_by_id(types, static_cast<__u32>(id))->type);
  if (pointer == nullptr || !btf_is_ptr(pointer)) return nullptr;
  const btf_type* function = btf__type_by_id(types, pointer->type);
  return function != nullptr && btf_is_func_proto(function) ? function
                                                            : nullptr;
}

// Which of the variants this kernel's events have (see the probe's source).
void choose_variants(process_life_bpf& probe) {
  const std::unique_ptr<btf, Close> types(btf__load_vmlinux_btf());
  if (!types) return;
  // The first argument is the probe's own context.
  const btf_type* exit = event_arguments(types.get(), "sched_process_exit");
  probe.rodata->exit_says_group_dead = exit != nullptr && btf_vlen(exit) >= 3;
  const btf_type* victim = event_arguments(types.get(), "mark_victim");
  if (victim == nullptr || btf_vlen(victim) < 2) return;
  const btf_type* first =
      btf__type_by_id(types.get(), btf_params(victim)[1].type);
  const bool task = first != nullptr && btf_is_ptr(first);
  bpf_program__set_autoload(
      task ? probe.progs.oom_kill_task : probe.progs.oom_kill_pid, true);
}

class RingLife final : public LifeProbe {
 public:
  explicit RingLife(Probe probe)
      : probe_(std::move(probe)),
        ns_per_tick_(1'000'000'000 /
                     static_cast<uint64_t>(::sysconf(_SC_CLK_TCK))),
        page_size_(static_cast<uint64_t>(::sysconf(_SC_PAGESIZE))),
        per_cpu_(static_cast<size_t>(libbpf_num_possible_cpus())) {}

  Status start() {
    TIDEMARK_TRY(ring_, RingReader::open(fd()));
    return {};
  }

  int fd() const override { return bpf_map__fd(probe_->maps.ring); }

  Status drain(const std::function<void(const LifeEvent&)>& sink) override {
    sink_ = &sink;
    ring_->drain([this](std::span<const std::byte> record) {
      take(record.data(), record.size());
    });
    sink_ = nullptr;
    return {};
  }

  uint64_t lost() const override {
    uint64_t sum = malformed_;
    for (__u32 kind = 0; kind < TIDEMARK_LIFE_KINDS; ++kind) {
      const int map = bpf_map__fd(probe_->maps.lost);
      if (bpf_map_lookup_elem(map, &kind, per_cpu_.data()) != 0) continue;
      for (const uint64_t count : per_cpu_) sum += count;
    }
    return sum;
  }

 private:
  void take(const void* data, size_t size) {
    tidemark_life_record record;
    if (size < sizeof record) {
      ++malformed_;
      return;
    }
    std::memcpy(&record, data, sizeof record);
    if (record.kind < TIDEMARK_LIFE_FORK ||
        record.kind > TIDEMARK_LIFE_OOM_KILL) {
      ++malformed_;
      return;
    }
    if (record.kind == TIDEMARK_LIFE_EXIT && is_repeated_exit(record)) return;
    (*sink_)(event_of(record));
  }

  bool is_repeated_exit(const tidemark_life_record& record) {
    const Exit exit{record.tgid, record.start_boot_ns};
    if (std::find(exits_.begin(), exits_.end(), exit) != exits_.end()) {
      return true;
    }
    exits_[next_exit_++ % exits_.size()] = exit;
    return false;
  }

  LifeEvent event_of(const tidemark_life_record& record) const {
    LifeEvent event;
    event.kind = static_cast<LifeKind>(record.kind);
    event.time = boot_time(static_cast<int64_t>(record.time_boot_ns));
    event.key = {Pid{static_cast<int32_t>(record.tgid)},
                 record.start_boot_ns / ns_per_tick_};
    event.parent = Pid{static_cast<int32_t>(record.parent)};
    event.comm = std::string_view(record.comm,
                                  ::strnlen(record.comm, sizeof record.comm));
    event.exec_id = record.exec_id;
    event.begin = boot_time(static_cast<int64_t>(record.start_boot_ns));
    event.wait_status = record.wait_status;
    const CpuTime cpu = split_runtime(
        {record.usage.user_ns, record.usage.system_ns}, record.usage.runtime_ns,
        {record.prev_user_ns, record.prev_system_ns});
    event.cpu_user_ns = static_cast<int64_t>(cpu.user_ns);
    event.cpu_system_ns = static_cast<int64_t>(cpu.system_ns);
    event.rss_peak_bytes =
        static_cast<int64_t>(record.rss_peak_pages * page_size_);
    event.io_read_bytes = static_cast<int64_t>(record.usage.io.read);
    event.io_write_bytes = static_cast<int64_t>(record.usage.io.write);
    return event;
  }

  struct Exit {
    uint32_t tgid = 0;
    uint64_t start_boot_ns = 0;
    bool operator==(const Exit&) const = default;
  };

  Probe probe_;
  std::unique_ptr<RingReader> ring_;
  const std::function<void(const LifeEvent&)>* sink_ = nullptr;
  uint64_t ns_per_tick_;
  uint64_t page_size_;
  uint64_t malformed_ = 0;
  std::array<Exit, 64> exits_{};
  size_t next_exit_ = 0;
  mutable std::vector<uint64_t> per_cpu_;
};

}  // namespace

Result<std::unique_ptr<LifeProbe>> LifeProbe::open() {
  const ProbeLog log;
  Probe probe(process_life_bpf__open());
  if (!probe) return probe_failed(kName, "opening", errno, log);
  probe->rodata->pid_namespace_inode = own_pid_namespace();
  choose_variants(*probe);
  int error = process_life_bpf__load(probe.get());
  if (error != 0) return probe_failed(kName, "loading", -error, log);
  error = process_life_bpf__attach(probe.get());
  if (error != 0) return probe_failed(kName, "attaching", -error, log);
  auto life = std::make_unique<RingLife>(std::move(probe));
  TIDEMARK_CHECK(life->start());
  return life;
}

Status check_process_life() {
  TIDEMARK_CHECK(LifeProbe::open());
  return {};
}

}  // namespace tidemark
