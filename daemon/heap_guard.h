// Two rules of the heap tracer's ladder, without clocks or files: when probes
// cost too much, and when growth is worth them. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/clock.h"

namespace tidemark {

// Since some beginning.
struct HeapCost {
  double probes_ns = 0;  // what hits cost the process
  double cpu_ns = 0;     // CPU time of the process, that cost included
  double wall_ns = 0;
};

// The share of a process's CPU time that probes take. A process that hardly
// runs counts as one that uses a fifth of a core: next to nothing costs it
// nothing that anybody would notice.
double heap_cost_share(const HeapCost& cost);

// Holds the cost under a budget. A burst may exceed it for a while: what is
// above the budget adds up, what is below takes off from that again.
class HeapGuard {
 public:
  explicit HeapGuard(double budget) : budget_(budget) {}
  // Takes totals; true: the budget is exceeded for good, detach.
  bool update(const HeapCost& total);
  // Of the time between the last two updates.
  double share() const { return share_; }

  static constexpr double kBurstNs = 120e6;

 private:
  double budget_;
  HeapCost last_;
  double excess_ns_ = 0;
  double share_ = 0;
};

// Watches the memory of a process for growth that persists: the lowest
// readings of some windows in a row that rise each time.
class GrowthTrigger {
 public:
  static constexpr size_t kWindows = 4;
  static constexpr int64_t kStep = 64 << 10;  // bytes, between two windows
  static constexpr int64_t kRise = 1 << 20;   // bytes, over all of them

  // `after`: how long growth has to persist, all windows together.
  explicit GrowthTrigger(Nanoseconds after) : window_(after / kWindows) {}
  // A reading in bytes; true once growth has persisted.
  bool add(BootTime time, int64_t bytes);
  // In bytes, over the windows of the last reading.
  int64_t rise() const {
    return known_ == 0 ? 0 : floors_[known_ - 1] - floors_[0];
  }

 private:
  bool persists() const;

  Nanoseconds window_;
  BootTime begin_;
  int64_t lowest_ = -1;
  // Of the latest windows, oldest first. In place: there is one of these for
  // each process that is watched, also the short-lived.
  std::array<int64_t, kWindows> floors_{};
  size_t known_ = 0;
};

}  // namespace tidemark
