// T4: slower facts of watched processes: memory by kind, limits, mappings,
// descriptors by type, children.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/collectors/metric_ids.h"
#include "daemon/process_table.h"
#include "daemon/procfs/open_files.h"
#include "daemon/procfs/process_directory.h"
#include "daemon/procfs/process_io.h"
#include "daemon/procfs/process_status.h"

namespace tidemark {
namespace {

// More descriptors than this are not told apart: it would cost 20 ms.
constexpr int64_t kMostFiles = 10'000;
// More than this of maps is not read: 64 Ki mappings.
constexpr size_t kMostMaps = 8u << 20;

constexpr MetricSpec gauge(std::string_view name, Unit unit,
                           std::string_view help) {
  return {name, SubjectKind::process, MetricKind::gauge, unit, help};
}

constexpr MetricSpec kMetrics[] = {
    gauge("rss_file", Unit::bytes, "/proc/PID/status RssFile"),
    gauge("rss_shmem", Unit::bytes, "/proc/PID/status RssShmem"),
    gauge("swap", Unit::bytes, "/proc/PID/status VmSwap"),
    gauge("page_tables", Unit::bytes, "/proc/PID/status VmPTE"),
    gauge("rss_peak", Unit::bytes, "/proc/PID/status VmHWM"),
    gauge("vm_size", Unit::bytes, "/proc/PID/status VmSize"),
    gauge("mappings", Unit::count, "Lines of /proc/PID/maps"),
    gauge("sockets", Unit::count, "Descriptors that are sockets"),
    gauge("fds_file", Unit::count, "Descriptors of files and devices"),
    gauge("fds_pipe", Unit::count, "Descriptors of pipes"),
    gauge("fds_other", Unit::count,
          "Other descriptors: eventfd, epoll, timerfd, inotify, memfd"),
    gauge("children", Unit::count, "Child processes, zombies too"),
    gauge("zombies", Unit::count, "Child processes that nobody has waited for"),
    gauge("fd_limit", Unit::count,
          "Most descriptors the process may have (/proc/PID/limits, soft)"),
    gauge("inotify_watches", Unit::count, "inotify watches (/proc/PID/fdinfo)"),
};
enum {
  kRssFile,
  kRssShmem,
  kSwap,
  kPageTables,
  kRssPeak,
  kVmSize,
  kMappings,
  kSockets,
  kFdsFile,
  kFdsPipe,
  kFdsOther,
  kChildren,
  kZombies,
  kFdLimit,
  kInotifyWatches
};

class ProcessSlow final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    proc_ = context.roots.proc;
    table_ = &context.processes;
    ids_ = define_all(context.definer, kMetrics);
    return std::string("status, maps, fd, limits");
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    count_children();
    for (const SubjectId id : table_->watched()) {
      const Subject* subject = table_->find(id);
      if (subject == nullptr || subject->kernel_thread) continue;
      read(frame, *subject);
    }
    return {};
  }

 private:
  struct Children {
    int64_t all = 0;
    int64_t zombies = 0;
  };

  void count_children() {
    children_.clear();
    table_->for_each([&](const Subject& subject, bool zombie, bool exited) {
      if (exited && !is_unreaped(subject)) return;
      Children& of_parent = children_[subject.parent.value];
      ++of_parent.all;
      of_parent.zombies += zombie || exited;
    });
  }

  // The table keeps a process that ended until a scan no longer finds it; it
  // counts as a child only while its parent has not waited for it. Asked only
  // of watched parents: a busy host ends thousands of others in a second.
  bool is_unreaped(const Subject& subject) const {
    const Subject* parent = table_->find_pid(subject.parent);
    if (parent == nullptr || !parent->watched) return false;
    return procfs::ProcessDirectory::open(proc_, subject.process).has_value();
  }

  void read(FrameBuilder& frame, const Subject& subject) {
    const auto directory =
        procfs::ProcessDirectory::open(proc_, subject.process);
    if (!directory) return;  // gone
    const auto put = [&](size_t metric, int64_t value) {
      frame.put(ids_[metric], subject.id, value);
    };
    put_status(*directory, put);
    put_mappings(*directory, put);
    put_files(*directory, put);
    put_limits(*directory, put);
    const auto children = children_.find(subject.process.pid.value);
    const Children none;
    const Children& mine =
        children == children_.end() ? none : children->second;
    put(kChildren, mine.all);
    put(kZombies, mine.zombies);
  }

  template <typename Put>
  void put_status(const procfs::ProcessDirectory& directory, Put&& put) {
    const auto text = directory.read("status", buffer_, 1u << 20);
    if (!text) return;
    const auto status = procfs::parse_process_status(*text);
    if (!status) return;
    const auto put_size = [&](size_t metric, std::optional<Bytes> size) {
      if (size) put(metric, size->count);
    };
    put_size(kRssFile, status->rss_file);
    put_size(kRssShmem, status->rss_shmem);
    put_size(kSwap, status->swap);
    put_size(kPageTables, status->page_tables);
    put_size(kRssPeak, status->rss_peak);
    put_size(kVmSize, status->vm_size);
  }

  // A read takes the target's mapping lock for one page of text at a time.
  template <typename Put>
  void put_mappings(const procfs::ProcessDirectory& directory, Put&& put) {
    const auto text = directory.read("maps", buffer_, kMostMaps);
    if (!text || text->empty()) return;
    put(kMappings, std::count(text->begin(), text->end(), '\n'));
  }

  template <typename Put>
  void put_files(const procfs::ProcessDirectory& directory, Put&& put) {
    const auto files = procfs::read_open_files(directory, kMostFiles);
    if (!files || !files->complete) return;
    put(kSockets, files->sockets);
    put(kFdsFile, files->files);
    put(kFdsPipe, files->pipes);
    put(kFdsOther, files->other);
    put(kInotifyWatches, files->inotify_watches);
  }

  template <typename Put>
  void put_limits(const procfs::ProcessDirectory& directory, Put&& put) {
    const auto text = directory.read("limits", buffer_, 1u << 20);
    if (!text) return;
    const auto limits = procfs::parse_process_limits(*text);
    if (limits) put(kFdLimit, limits->open_files_soft);
  }

  std::string proc_;
  ProcessTable* table_ = nullptr;
  std::array<MetricId, std::size(kMetrics)> ids_;
  std::unordered_map<int32_t, Children> children_;
  std::string buffer_;
};

}  // namespace

std::unique_ptr<Collector> make_process_slow() {
  return std::make_unique<ProcessSlow>();
}

}  // namespace tidemark
