#include "probes/process_walk.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "probes/probe_host.h"
#include "process_walk.skel.h"

namespace tidemark {
namespace {

constexpr std::string_view kName = "process_walk";

struct DestroyWalk {
  void operator()(process_walk_bpf* probe) const {
    process_walk_bpf__destroy(probe);
  }
};
using WalkProbe = std::unique_ptr<process_walk_bpf, DestroyWalk>;

class MappedWalk final : public TaskWalk {
 public:
  MappedWalk(WalkProbe probe, void* records, uint32_t room)
      : probe_(std::move(probe)), records_(records), room_(room) {}
  ~MappedWalk() override {
    ::munmap(records_, room_ * sizeof(tidemark_process_record));
  }
  MappedWalk(const MappedWalk&) = delete;
  MappedWalk& operator=(const MappedWalk&) = delete;

  uint32_t room() const override { return room_; }
  Result<bool> run() override {
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    const int error = bpf_prog_test_run_opts(
        bpf_program__fd(probe_->progs.walk_tasks), &options);
    if (error != 0) return fail_errno("task walk", -error);
    return probe_->bss->walk_cut == 0 && probe_->bss->walked_processes <= room_;
  }
  std::span<const tidemark_process_record> records() const override {
    return {static_cast<const tidemark_process_record*>(records_),
            probe_->bss->walked_processes};
  }

 private:
  WalkProbe probe_;
  void* records_;
  uint32_t room_;
};

}  // namespace

Result<std::unique_ptr<TaskWalk>> TaskWalk::open(uint32_t room) {
  const ProbeLog log;
  WalkProbe probe(process_walk_bpf__open());
  if (!probe) return probe_failed(kName, "opening", errno, log);
  probe->rodata->pid_namespace_inode = own_pid_namespace();
  probe->rodata->most_walked_tasks = kMostTasks;
  bpf_map__set_max_entries(probe->maps.walked, room);
  const int error = process_walk_bpf__load(probe.get());
  if (error != 0) return probe_failed(kName, "loading", -error, log);
  const size_t size = room * sizeof(tidemark_process_record);
  void* records = ::mmap(nullptr, size, PROT_READ, MAP_SHARED,
                         bpf_map__fd(probe->maps.walked), 0);
  if (records == MAP_FAILED) return probe_failed(kName, "mapping", errno, log);
  return std::make_unique<MappedWalk>(std::move(probe), records, room);
}

}  // namespace tidemark
