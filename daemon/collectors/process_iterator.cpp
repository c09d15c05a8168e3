#include "daemon/collectors/process_iterator.h"

#include <utility>

namespace tidemark {
namespace {

ProcessSample sample_of(const ScannedProcess& process, int64_t page_size) {
  ProcessSample sample;
  sample.who = {process.key, process.parent, process.comm,
                process.kernel_thread, process.exec_id};
  sample.who.zombie = process.zombie;
  sample.cpu_user_ns = process.cpu_user_ns;
  sample.cpu_system_ns = process.cpu_system_ns;
  sample.minor_faults = process.minor_faults;
  sample.major_faults = process.major_faults;
  sample.threads = process.threads;
  sample.io = ProcessSample::Io{process.io_read_bytes, process.io_write_bytes,
                                process.io_rchar, process.io_wchar,
                                process.io_cancelled_write_bytes};
  sample.voluntary_switches = process.voluntary_switches;
  sample.involuntary_switches = process.involuntary_switches;
  sample.run_delay_ns = process.run_delay_ns;
  if (process.has_memory) {
    sample.rss_estimate =
        page_size * (process.rss_file_pages + process.rss_anon_pages +
                     process.rss_shmem_pages);
    sample.who.rss_estimate = *sample.rss_estimate;
  }
  return sample;
}

class Adapter final : public ProcessScan::Visitor {
 public:
  Adapter(ProcessSource::Visitor& visitor, int64_t page_size)
      : visitor_(visitor), page_size_(page_size) {}
  void visit(const ScannedProcess& process) override {
    visitor_.visit(sample_of(process, page_size_));
  }

 private:
  ProcessSource::Visitor& visitor_;
  int64_t page_size_;
};

}  // namespace

Result<std::unique_ptr<ProcessIterator>> ProcessIterator::open(
    int64_t page_size) {
  TIDEMARK_TRY(auto probe, ProcessScan::open());
  return std::unique_ptr<ProcessIterator>(
      new ProcessIterator(std::move(probe), page_size));
}

Status ProcessIterator::scan(Visitor& visitor) {
  Adapter adapter(visitor, page_size_);
  return probe_->scan(adapter);
}

}  // namespace tidemark
