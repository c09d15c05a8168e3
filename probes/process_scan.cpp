#include "probes/process_scan.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include "core/os/unique_fd.h"
#include "probes/probe_host.h"
#include "probes/process_walk.h"
#include "probes/scan_totals.h"
#include "process_scan.skel.h"

namespace tidemark {
namespace {

constexpr std::string_view kName = "process_scan";

struct Close {
  void operator()(process_scan_bpf* probe) const {
    process_scan_bpf__destroy(probe);
  }
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Probe = std::unique_ptr<process_scan_bpf, Close>;

// The iterator's records, read as a file.
class TaskIterator {
 public:
  static Result<std::unique_ptr<TaskIterator>> open() {
    const ProbeLog log;
    Probe probe(process_scan_bpf__open());
    if (!probe) return probe_failed(kName, "opening", errno, log);
    probe->rodata->pid_namespace_inode = own_pid_namespace();
    const int error = process_scan_bpf__load(probe.get());
    if (error != 0) return probe_failed(kName, "loading", -error, log);
    std::unique_ptr<bpf_link, Close> link(
        bpf_program__attach_iter(probe->progs.scan_task, nullptr));
    if (!link) return probe_failed(kName, "attaching", errno, log);
    return std::unique_ptr<TaskIterator>(
        new TaskIterator(std::move(probe), std::move(link)));
  }

  Status run(ScanTotals& totals) {
    // An iterator cannot be rewound: each pass is a new one of the same link.
    const UniqueFd fd(bpf_iter_create(bpf_link__fd(link_.get())));
    if (!fd.valid()) return fail_errno("task iterator", errno);
    totals.begin();
    while (true) {
      const ssize_t size = ::read(fd.get(), buffer_.data(), buffer_.size());
      if (size == 0) return {};
      if (size < 0 && errno != EINTR && errno != EAGAIN) {
        return fail_errno("task iterator", errno);
      }
      if (size > 0) {
        TIDEMARK_CHECK(
            totals.feed(std::span(buffer_).first(static_cast<size_t>(size))));
      }
    }
  }

 private:
  TaskIterator(Probe probe, std::unique_ptr<bpf_link, Close> link)
      : probe_(std::move(probe)), link_(std::move(link)), buffer_(64 * 1024) {}

  Probe probe_;
  std::unique_ptr<bpf_link, Close> link_;
  std::vector<std::byte> buffer_;
};

class BpfScan final : public ProcessScan {
 public:
  explicit BpfScan(std::unique_ptr<TaskWalk> walk)
      : walk_(std::move(walk)), totals_(::sysconf(_SC_CLK_TCK)) {}
  explicit BpfScan(std::unique_ptr<TaskIterator> iterator)
      : iterator_(std::move(iterator)), totals_(::sysconf(_SC_CLK_TCK)) {}

  Status scan(Visitor& visitor) override {
    if (walk_ && pause_ == 0) {
      TIDEMARK_TRY(const bool whole, walk_or_grow());
      if (whole) {
        totals_.tell(walk_->records(), visitor);
        return {};
      }
      pause_ = kPause;
    }
    if (pause_ > 0) --pause_;
    if (!iterator_) {
      TIDEMARK_TRY(iterator_, TaskIterator::open());
    }
    TIDEMARK_CHECK(iterator_->run(totals_));
    return totals_.finish(visitor);
  }

 private:
  // After a walk that met too many threads: this many passes by the iterator.
  static constexpr int kPause = 60;

  Result<bool> walk_or_grow() {
    while (true) {
      TIDEMARK_TRY(const bool whole, walk_->run());
      const bool full = walk_->records().size() >= walk_->room();
      if (whole || !full || walk_->room() >= TaskWalk::kMostTasks) {
        return whole;
      }
      TIDEMARK_TRY(walk_, TaskWalk::open(2 * walk_->room()));
    }
  }

  std::unique_ptr<TaskWalk> walk_;
  std::unique_ptr<TaskIterator> iterator_;
  ScanTotals totals_;
  int pause_ = 0;
};

}  // namespace

Result<std::unique_ptr<ProcessScan>> ProcessScan::open() {
  constexpr uint32_t kRoom = 1024;
  if (auto walk = TaskWalk::open(kRoom)) {
    return std::make_unique<BpfScan>(std::move(*walk));
  }
  return open_iterator();
}

Result<std::unique_ptr<ProcessScan>> ProcessScan::open_iterator() {
  TIDEMARK_TRY(auto iterator, TaskIterator::open());
  return std::make_unique<BpfScan>(std::move(iterator));
}

Status check_process_scan() {
  struct Nobody final : ProcessScan::Visitor {
    void visit(const ScannedProcess&) override {}
  } nobody;
  TIDEMARK_TRY(const auto scan, ProcessScan::open());
  return scan->scan(nobody);
}

}  // namespace tidemark
