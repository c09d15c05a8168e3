// T2: exact memory and descriptors of watched processes and of those whose
// memory moved. Of a watched process two descriptors are kept, which answer for
// that one life alone, whoever has its pid.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/os/unique_fd.h"
#include "daemon/collectors/metric_ids.h"
#include "daemon/process_table.h"
#include "daemon/procfs/descriptor_count.h"
#include "daemon/procfs/process_directory.h"
#include "daemon/procfs/process_statm.h"
#include "daemon/procfs/process_walk.h"

namespace tidemark {
namespace {

constexpr MetricSpec gauge(std::string_view name, Unit unit,
                           std::string_view help) {
  return {name, SubjectKind::process, MetricKind::gauge, unit, help};
}

constexpr MetricSpec kMetrics[] = {
    gauge("rss", Unit::bytes, "Resident memory, exact (/proc/PID/statm)"),
    gauge("rss_anon", Unit::bytes,
          "Resident memory that no file or shared memory backs, exact "
          "(/proc/PID/statm resident less shared)"),
    gauge("rss_shared", Unit::bytes,
          "Resident file and shared-memory pages, exact (/proc/PID/statm "
          "shared)"),
    gauge("fds", Unit::count, "Open file descriptors (/proc/PID/fd)"),
};
enum { kRss, kRssAnon, kRssShared, kFds };

class ProcessExact final : public Collector {
 public:
  Result<std::string> start(const CollectorContext& context) override {
    proc_ = context.roots.proc;
    table_ = &context.processes;
    ids_ = define_all(context.definer, kMetrics);
    page_size_ = Bytes(::sysconf(_SC_PAGESIZE));
    // Two each, and half is left to the scan's fallback, which keeps some too.
    keep_limit_ = procfs::kept_descriptors_limit() / 4;
    descriptors_.emplace(proc_);
    return std::string("kept-fd statm, fds by ") +
           (descriptors_->by_size() ? "st_size" : "readdir");
  }

  Status collect(const CollectRequest&, FrameBuilder& frame) override {
    ++pass_;
    for (const SubjectId id : table_->watched()) read(frame, id, true);
    for (const SubjectId id : table_->movers()) {
      const Subject* subject = table_->find(id);
      if (subject != nullptr && !subject->watched) read(frame, id, false);
    }
    if (kept_.size() > table_->watched().size()) {
      std::erase_if(
          kept_, [&](const auto& kept) { return kept.second.pass != pass_; });
    }
    return {};
  }

 private:
  struct Kept {
    UniqueFd directory;  // O_PATH: of /proc/PID
    UniqueFd statm;
    uint64_t pass = 0;
  };

  void read(FrameBuilder& frame, SubjectId id, bool keep) {
    const auto known = kept_.find(id);
    if (known != kept_.end()) {
      known->second.pass = pass_;
      put(frame, id, known->second);
      return;
    }
    const Subject* subject = table_->find(id);
    if (subject == nullptr || subject->kernel_thread) return;
    auto opened = open(subject->process);
    if (!opened) return;  // gone
    put(frame, id, *opened);
    if (keep && kept_.size() < keep_limit_) {
      kept_.emplace(id, std::move(*opened));
    }
  }

  Result<Kept> open(ProcessKey key) const {
    TIDEMARK_TRY(auto directory, procfs::ProcessDirectory::open(proc_, key));
    TIDEMARK_TRY(auto statm, directory.open_file("statm"));
    return Kept{std::move(directory).release(), std::move(statm), pass_};
  }

  void put(FrameBuilder& frame, SubjectId id, const Kept& process) const {
    const auto statm = read_statm(process.statm.get());
    if (!statm || statm->size.count == 0) return;  // gone, or a zombie
    const auto put_pages = [&](size_t metric, Pages pages) {
      frame.put(ids_[metric], id, to_bytes(pages, page_size_).count);
    };
    put_pages(kRss, statm->resident);
    put_pages(kRssAnon, statm->anonymous());
    put_pages(kRssShared, statm->shared);
    const auto fds = descriptors_->of(process.directory.get());
    if (fds) frame.put(ids_[kFds], id, *fds);
  }

  static Result<procfs::ProcessStatm> read_statm(int fd) {
    std::array<char, 256> text;
    const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
    if (size <= 0) return fail_errno("statm", size < 0 ? errno : ESRCH);
    return procfs::parse_process_statm(
        std::string_view(text.data(), static_cast<size_t>(size)));
  }

  std::string proc_;
  ProcessTable* table_ = nullptr;
  std::array<MetricId, std::size(kMetrics)> ids_;
  Bytes page_size_;
  size_t keep_limit_ = 0;
  std::optional<procfs::DescriptorCount> descriptors_;
  std::unordered_map<SubjectId, Kept> kept_;
  uint64_t pass_ = 0;
};

}  // namespace

std::unique_ptr<Collector> make_process_exact() {
  return std::make_unique<ProcessExact>();
}

}  // namespace tidemark
