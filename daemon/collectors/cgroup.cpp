// T3: cgroups of watched processes each time, the whole tree less often.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/os/file.h"
#include "daemon/collectors/metric_ids.h"
#include "daemon/process_table.h"
#include "daemon/procfs/cgroup_tree.h"
#include "daemon/procfs/process_directory.h"

namespace tidemark {
namespace {

using procfs::CgroupValues;

constexpr MetricSpec spec(std::string_view name, MetricKind kind, Unit unit,
                          std::string_view help) {
  return {name, SubjectKind::cgroup, kind, unit, help};
}
constexpr MetricSpec bytes(std::string_view name, std::string_view help) {
  return spec(name, MetricKind::gauge, Unit::bytes, help);
}
constexpr MetricSpec count(std::string_view name, std::string_view help) {
  return spec(name, MetricKind::counter, Unit::count, help);
}
constexpr MetricSpec time(std::string_view name, std::string_view help) {
  return spec(name, MetricKind::counter, Unit::nanoseconds, help);
}

// In the order of procfs::CgroupValue.
constexpr MetricSpec kMetrics[] = {
    bytes("cgroup.memory", "memory.current; v1 memory.usage_in_bytes"),
    bytes("cgroup.memory_peak", "memory.peak; v1 memory.max_usage_in_bytes"),
    bytes("cgroup.memory_limit", "memory.max; v1 memory.limit_in_bytes"),
    bytes("cgroup.memory_anon", "memory.stat anon; v1 total_rss"),
    bytes("cgroup.memory_file", "memory.stat file; v1 total_cache"),
    bytes("cgroup.memory_shmem", "memory.stat shmem; v1 total_shmem"),
    bytes("cgroup.memory_slab", "memory.stat slab (v2)"),
    bytes("cgroup.memory_kernel",
          "memory.stat kernel; v1 memory.kmem.usage_in_bytes"),
    bytes("cgroup.memory_sock", "memory.stat sock (v2)"),
    bytes("cgroup.swap", "memory.swap.current; v1 total_swap"),
    count("cgroup.faults", "memory.stat pgfault; v1 total_pgfault"),
    count("cgroup.major_faults", "memory.stat pgmajfault"),
    count("cgroup.memory_high_events", "memory.events high (v2)"),
    count("cgroup.memory_max_events", "memory.events max; v1 memory.failcnt"),
    count("cgroup.oom_kills", "memory.events oom_kill; v1 memory.oom_control"),
    time("cgroup.cpu_usage", "cpu.stat usage_usec; v1 cpuacct.usage"),
    time("cgroup.cpu_user", "cpu.stat user_usec; v1 cpuacct.stat user"),
    time("cgroup.cpu_system", "cpu.stat system_usec; v1 cpuacct.stat system"),
    time("cgroup.cpu_throttled", "cpu.stat throttled_usec, throttled_time"),
    count("cgroup.cpu_throttles", "cpu.stat nr_throttled"),
    spec("cgroup.io_read_bytes", MetricKind::counter, Unit::bytes,
         "io.stat rbytes; v1 blkio.throttle.io_service_bytes_recursive"),
    spec("cgroup.io_write_bytes", MetricKind::counter, Unit::bytes,
         "io.stat wbytes; v1 blkio.throttle.io_service_bytes_recursive"),
    count("cgroup.io_reads", "io.stat rios; v1 blkio io_serviced_recursive"),
    count("cgroup.io_writes", "io.stat wios; v1 blkio io_serviced_recursive"),
    spec("cgroup.pids", MetricKind::gauge, Unit::count, "pids.current"),
    spec("cgroup.pids_limit", MetricKind::gauge, Unit::count, "pids.max"),
    time("cgroup.pressure_cpu_some", "cpu.pressure some (v2)"),
    time("cgroup.pressure_cpu_full", "cpu.pressure full (v2)"),
    time("cgroup.pressure_memory_some", "memory.pressure some (v2)"),
    time("cgroup.pressure_memory_full", "memory.pressure full (v2)"),
    time("cgroup.pressure_io_some", "io.pressure some (v2)"),
    time("cgroup.pressure_io_full", "io.pressure full (v2)"),
};
static_assert(std::size(kMetrics) == procfs::kCgroupValues);

constexpr size_t kMostCgroups = 2000;
constexpr auto kTreePeriod = std::chrono::seconds(30);

class Cgroup final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    definer_ = &context.definer;
    table_ = &context.processes;
    proc_ = context.roots.proc;
    ids_ = define_all(context.definer, kMetrics);
    TIDEMARK_TRY(const auto text,
                 read_file(proc_ + "/self/mountinfo", buffer_));
    TIDEMARK_TRY(auto tree, procfs::CgroupTree::from_mountinfo(text));
    tree_ = std::make_unique<procfs::CgroupTree>(std::move(tree));
    return tree_->level();
  }

  Status collect(const CollectRequest& request, FrameBuilder& frame) override {
    const bool whole = request.time >= next_tree_;
    if (whole) {
      subjects_.begin();
      next_tree_ = request.time + kTreePeriod;
    }
    read_watched(frame);
    if (!whole) return {};
    const bool all = tree_->list(kMostCgroups, paths_);
    for (const std::string& path : paths_) {
      if (!was_read(path)) put(frame, path, tree_->read_path(path));
    }
    subjects_.end(*definer_);
    if (!all) {
      return fail(ErrorKind::full, "more than " + std::to_string(kMostCgroups) +
                                       " cgroups: the rest is not read");
    }
    return {};
  }

 private:
  void read_watched(FrameBuilder& frame) {
    read_.clear();
    for (const SubjectId id : table_->watched()) {
      const Subject* subject = table_->find(id);
      if (subject == nullptr || subject->cgroup.size() <= 1) continue;
      if (was_read(subject->cgroup)) continue;
      const auto directory =
          procfs::ProcessDirectory::open(proc_, subject->process);
      if (!directory) continue;
      const auto text = directory->read("cgroup", buffer_, 1u << 20);
      if (!text) continue;
      // It may have been moved since it was described.
      table_->set_cgroup(id, procfs::main_cgroup(*text));
      if (was_read(subject->cgroup)) continue;
      read_.push_back(subject->cgroup);
      put(frame, subject->cgroup, tree_->read_of_process(*text));
    }
  }

  bool was_read(std::string_view path) const {
    return std::find(read_.begin(), read_.end(), path) != read_.end();
  }

  void put(FrameBuilder& frame, const std::string& path,
           const CgroupValues& values) {
    SubjectId id;
    for (size_t i = 0; i < values.size(); ++i) {
      if (!values[i]) continue;
      if (!id.valid()) id = subjects_.get(*definer_, path);
      frame.put(ids_[i], id, *values[i]);
    }
  }

  Definer* definer_ = nullptr;
  ProcessTable* table_ = nullptr;
  std::string proc_;
  std::array<MetricId, procfs::kCgroupValues> ids_;
  std::unique_ptr<procfs::CgroupTree> tree_;
  NamedSubjects subjects_{SubjectKind::cgroup};
  std::vector<std::string> paths_;
  std::vector<std::string> read_;  // those of watched processes
  std::string buffer_;
  BootTime next_tree_;
};

}  // namespace

std::unique_ptr<Collector> make_cgroup() { return std::make_unique<Cgroup>(); }

}  // namespace tidemark
