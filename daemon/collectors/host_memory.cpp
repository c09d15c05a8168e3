// T3: memory of the host (/proc/meminfo) and its traffic (/proc/vmstat).
#include <memory>
#include <string>

#include "daemon/collectors/metric_ids.h"
#include "daemon/procfs/kept_file.h"
#include "daemon/procfs/key_values.h"

namespace tidemark {
namespace {

constexpr MetricSpec level(std::string_view name, std::string_view help) {
  return {name, SubjectKind::system, MetricKind::gauge, Unit::bytes, help};
}

constexpr MetricSpec events(std::string_view name, std::string_view help) {
  return {name, SubjectKind::system, MetricKind::counter, Unit::count, help};
}

// In the order of kMeminfoKeys.
constexpr MetricSpec kMeminfo[] = {
    level("host.mem_total", "/proc/meminfo MemTotal"),
    level("host.mem_free", "/proc/meminfo MemFree"),
    level("host.mem_available",
          "What new programs could get without swapping (MemAvailable)"),
    level("host.mem_buffers", "/proc/meminfo Buffers"),
    level("host.mem_cached", "/proc/meminfo Cached"),
    level("host.swap_total", "/proc/meminfo SwapTotal"),
    level("host.swap_free", "/proc/meminfo SwapFree"),
    level("host.mem_dirty", "/proc/meminfo Dirty"),
    level("host.mem_writeback", "/proc/meminfo Writeback"),
    level("host.mem_anon", "/proc/meminfo AnonPages"),
    level("host.mem_mapped", "/proc/meminfo Mapped"),
    level("host.mem_shmem", "/proc/meminfo Shmem"),
    level("host.mem_slab_reclaimable", "/proc/meminfo SReclaimable"),
    level("host.mem_slab_unreclaimable", "/proc/meminfo SUnreclaim"),
    level("host.mem_kernel_stack", "/proc/meminfo KernelStack"),
    level("host.mem_page_tables", "/proc/meminfo PageTables"),
    level("host.mem_commit_limit", "/proc/meminfo CommitLimit"),
    level("host.mem_committed", "/proc/meminfo Committed_AS"),
    level("host.mem_vmalloc", "/proc/meminfo VmallocUsed"),
    level("host.mem_per_cpu", "/proc/meminfo Percpu"),
};
constexpr std::string_view kMeminfoKeys[] = {
    "MemTotal",   "MemFree",     "MemAvailable", "Buffers",     "Cached",
    "SwapTotal",  "SwapFree",    "Dirty",        "Writeback",   "AnonPages",
    "Mapped",     "Shmem",       "SReclaimable", "SUnreclaim",  "KernelStack",
    "PageTables", "CommitLimit", "Committed_AS", "VmallocUsed", "Percpu"};

// In the order of kVmstatKeys.
constexpr MetricSpec kVmstat[] = {
    events("host.pages_swapped_in", "/proc/vmstat pswpin"),
    events("host.pages_swapped_out", "/proc/vmstat pswpout"),
    events("host.page_faults", "/proc/vmstat pgfault"),
    events("host.major_faults", "/proc/vmstat pgmajfault"),
    events("host.pages_stolen_kswapd", "/proc/vmstat pgsteal_kswapd"),
    events("host.pages_stolen_direct",
           "Pages reclaimed by the programs that wanted memory "
           "(/proc/vmstat pgsteal_direct)"),
    events("host.compaction_stalls", "/proc/vmstat compact_stall"),
    events("host.oom_kills", "/proc/vmstat oom_kill"),
};
constexpr std::string_view kVmstatKeys[] = {
    "pswpin",         "pswpout",        "pgfault",       "pgmajfault",
    "pgsteal_kswapd", "pgsteal_direct", "compact_stall", "oom_kill"};

// A file of keys and values with a metric for each.
template <size_t N>
class KeyedFile {
 public:
  explicit KeyedFile(const std::string_view (&keys)[N]) {
    for (size_t i = 0; i < N; ++i) wanted_[i].key = keys[i];
  }
  Status start(Definer& definer, const MetricSpec (&specs)[N],
               const std::string& path) {
    ids_ = define_all(definer, specs);
    path_ = path;
    return file_.open(path);
  }
  Status collect(FrameBuilder& frame, SubjectId subject) {
    TIDEMARK_TRY(const auto text, file_.read());
    TIDEMARK_CHECK(procfs::parse_key_values(path_, text, wanted_));
    for (size_t i = 0; i < N; ++i) {
      if (wanted_[i].present) frame.put(ids_[i], subject, wanted_[i].value);
    }
    return {};
  }

 private:
  std::array<procfs::KeyValue, N> wanted_;
  std::array<MetricId, N> ids_;
  std::string path_;
  procfs::KeptFile file_;
};

class HostMemory final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    host_ = context.definer.subject(SubjectKind::system, "host");
    const std::string& proc = context.roots.proc;
    TIDEMARK_CHECK(
        meminfo_.start(context.definer, kMeminfo, proc + "/meminfo"));
    TIDEMARK_CHECK(vmstat_.start(context.definer, kVmstat, proc + "/vmstat"));
    return std::string("/proc/meminfo");
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    const Status meminfo = meminfo_.collect(frame, host_);
    const Status vmstat = vmstat_.collect(frame, host_);
    return meminfo ? vmstat : meminfo;
  }

 private:
  SubjectId host_;
  KeyedFile<std::size(kMeminfoKeys)> meminfo_{kMeminfoKeys};
  KeyedFile<std::size(kVmstatKeys)> vmstat_{kVmstatKeys};
};

}  // namespace

std::unique_ptr<Collector> make_host_memory() {
  return std::make_unique<HostMemory>();
}

}  // namespace tidemark
