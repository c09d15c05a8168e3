// Tidemark's own cost and losses as metrics (design: "loss and cost are
// metrics"). Every cause of loss is there from the first tick, at zero.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/base/units.h"
#include "daemon/collector.h"

namespace tidemark {

// Since the recording began.
struct SelfReadings {
  Nanoseconds cpu{0};        // of the whole process
  Nanoseconds tick_late{0};  // of this tick; 0 at an edge
  Nanoseconds edge_lag{0};   // from the latest edge's mark to its sample
  int64_t ticks_taken = 0;
  int64_t ticks_missed = 0;
  // Losses, by cause.
  int64_t slow_disk = 0;        // frames: the disk was slower than the ticks
  int64_t full_disk = 0;        // frames: no space was left
  int64_t events = 0;           // events given up on a full or slow disk
  int64_t life_events = 0;      // process lives the kernel's buffer lost
  int64_t client_marks = 0;     // marks that full lanes of clients dropped
  int64_t clients_refused = 0;  // over a cap, or quarantined
  int64_t values_refused = 0;   // of subjects that the recording knew no more
  int64_t stacks_refused = 0;   // stacks and names beyond the budget of memory
};

class SelfMeter {
 public:
  SelfMeter(Definer& definer, const Roots& roots);
  void put(const SelfReadings& readings, FrameBuilder& frame);

  // CPU time of this process so far, all threads (clock_gettime(2)).
  static Nanoseconds process_cpu();

 private:
  static constexpr size_t kCauses = 9;

  std::string statm_path_;
  std::string buffer_;
  int64_t page_size_;
  MetricId cpu_, rss_, tick_late_, edge_lag_, coverage_, dropped_;
  SubjectId self_;
  std::array<SubjectId, kCauses> causes_;
};

}  // namespace tidemark
