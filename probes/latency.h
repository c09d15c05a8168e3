// Latencies that the kernel's events tell, as histograms by host, process and
// device: waits for a CPU, requests to block devices, stalls in reclaim.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/histogram.h"
#include "core/base/result.h"

namespace tidemark {

enum class LatencySubject : uint8_t {
  host = 1,     // id 0
  process = 2,  // id: its pid
  device = 3,   // id: major << 20 | minor
};

// Since keep(), in nanoseconds. Buckets are 1/8 of a power of two wide.
struct Latency {
  int64_t count = 0;
  int64_t sum_ns = 0;
  int64_t max_ns = 0;
  std::vector<BucketCount> buckets;  // of core/base/histogram.h, ascending
};

class LatencyProbe {
 public:
  // Runnable threads that wait for a CPU; by process.
  static Result<std::unique_ptr<LatencyProbe>> open_run_queue();
  // From the issue of a request to its completion; by device and process.
  static Result<std::unique_ptr<LatencyProbe>> open_block_io();
  // Threads that have to free memory before they get some; host and process.
  static Result<std::unique_ptr<LatencyProbe>> open_reclaim();
  virtual ~LatencyProbe() = default;

  // Only those that are kept are counted; at most 1,024. `start_ticks`: of a
  // process's life. Again: nothing changes.
  virtual Status keep(LatencySubject subject, uint32_t id,
                      uint64_t start_ticks = 0) = 0;
  virtual void drop(LatencySubject subject, uint32_t id) = 0;
  // Error gone: it is not kept.
  virtual Result<Latency> read(LatencySubject subject, uint32_t id) const = 0;
};

// TCP segments of all sockets that were sent again.
class RetransmitProbe {
 public:
  static Result<std::unique_ptr<RetransmitProbe>> open();
  virtual ~RetransmitProbe() = default;
  virtual int64_t count() const = 0;  // since open()
};

}  // namespace tidemark
