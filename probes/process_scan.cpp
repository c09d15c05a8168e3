#include "probes/process_scan.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "core/os/unique_fd.h"
#include "probes/probe_host.h"
#include "probes/scan_totals.h"
#include "process_scan.skel.h"

namespace tidemark {
namespace {

struct Close {
  void operator()(process_scan_bpf* probe) const {
    process_scan_bpf__destroy(probe);
  }
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

class IteratorScan final : public ProcessScan {
 public:
  IteratorScan(std::unique_ptr<process_scan_bpf, Close> probe,
               std::unique_ptr<bpf_link, Close> link)
      : probe_(std::move(probe)),
        link_(std::move(link)),
        totals_(::sysconf(_SC_CLK_TCK)),
        buffer_(64 * 1024) {}

  Status scan(Visitor& visitor) override {
    // An iterator cannot be rewound: each pass is a new one of the same link.
    const UniqueFd fd(bpf_iter_create(bpf_link__fd(link_.get())));
    if (!fd.valid()) return fail_errno("task iterator", errno);
    totals_.begin();
    while (true) {
      const ssize_t size = ::read(fd.get(), buffer_.data(), buffer_.size());
      if (size == 0) return totals_.finish(visitor);
      if (size < 0 && errno != EINTR && errno != EAGAIN) {
        return fail_errno("task iterator", errno);
      }
      if (size > 0) {
        TIDEMARK_CHECK(
            totals_.feed(std::span(buffer_).first(static_cast<size_t>(size))));
      }
    }
  }

 private:
  std::unique_ptr<process_scan_bpf, Close> probe_;
  std::unique_ptr<bpf_link, Close> link_;
  ScanTotals totals_;
  std::vector<std::byte> buffer_;
};

}  // namespace

Result<std::unique_ptr<ProcessScan>> ProcessScan::open() {
  constexpr std::string_view kName = "process_scan";
  const ProbeLog log;
  std::unique_ptr<process_scan_bpf, Close> probe(process_scan_bpf__open());
  if (!probe) return probe_failed(kName, "opening", errno, log);
  probe->rodata->pid_namespace_inode = own_pid_namespace();
  const int error = process_scan_bpf__load(probe.get());
  if (error != 0) return probe_failed(kName, "loading", -error, log);
  std::unique_ptr<bpf_link, Close> link(
      bpf_program__attach_iter(probe->progs.scan_task, nullptr));
  if (!link) return probe_failed(kName, "attaching", errno, log);
  return std::make_unique<IteratorScan>(std::move(probe), std::move(link));
}

Status check_process_scan() {
  struct Nobody final : ProcessScan::Visitor {
    void visit(const ScannedProcess&) override {}
  } nobody;
  TIDEMARK_TRY(const auto scan, ProcessScan::open());
  return scan->scan(nobody);
}

}  // namespace tidemark
