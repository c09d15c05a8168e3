// The records of one pass become processes: threads are added to theirs, and
// what was told of a process before is not taken back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "probes/cpu_time.h"
#include "probes/probe_record.h"
#include "probes/process_scan.h"

namespace tidemark {

class ScanTotals {
 public:
  explicit ScanTotals(int64_t ticks_per_second);

  void begin();
  // The next bytes of the pass; records may be cut anywhere between calls.
  // Error malformed: bytes that are no record.
  Status feed(std::span<const std::byte> bytes);
  // All bytes were fed: visits every process. Error malformed: a cut record.
  Status finish(ProcessScan::Visitor& visitor);
  // A whole pass at once: one record for each process, threads added, in any
  // order. Visits them in the order of pids.
  void tell(std::span<const tidemark_process_record> records,
            ProcessScan::Visitor& visitor);

 private:
  struct Told {         // of one process, in order of pid
    uint32_t tgid = 0;  // 0: it has ended
    uint64_t start_boot_ns = 0;
    tidemark_usage usage{};
    CpuTime cpu;
    uint64_t run_delay_kept_ns = 0;  // of threads that have ended
  };
  void add_threads();
  void tell_one(const tidemark_process_record& record,
                ProcessScan::Visitor& visitor);
  Told& told_of(const tidemark_process_record& record);
  void drop_ended();
  static void update(Told& told, const tidemark_process_record& record);
  ScannedProcess scanned(const tidemark_process_record& record,
                         const Told& told) const;

  uint64_t ns_per_tick_;
  std::vector<tidemark_process_record> processes_;
  std::vector<tidemark_thread_record> threads_;
  // Of the pass before, in order; updated in place.
  std::vector<Told> told_;
  size_t cursor_ = 0;  // in told_: the next one that may be met
  size_t ended_ = 0;   // of told_, passed over
  std::vector<Told> fresh_, merged_;
  struct Order {
    uint32_t tgid = 0;
    uint32_t index = 0;
  };
  std::vector<Order> order_;    // of records that do not rise by pid
  std::vector<std::byte> cut_;  // the begin of a record
};

}  // namespace tidemark
