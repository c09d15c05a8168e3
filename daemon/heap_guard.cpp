#include "daemon/heap_guard.h"

#include <algorithm>

namespace tidemark {
namespace {

double base_ns(const HeapCost& cost) {
  return std::max(cost.cpu_ns, cost.wall_ns / 5);
}

}  // namespace

double heap_cost_share(const HeapCost& cost) {
  const double base = base_ns(cost);
  return base > 0 ? cost.probes_ns / base : 0;
}

bool HeapGuard::update(const HeapCost& total) {
  const HeapCost step = {total.probes_ns - last_.probes_ns,
                         total.cpu_ns - last_.cpu_ns,
                         total.wall_ns - last_.wall_ns};
  last_ = total;
  share_ = heap_cost_share(step);
  excess_ns_ += step.probes_ns - budget_ * base_ns(step);
  excess_ns_ = std::max(excess_ns_, 0.0);
  return excess_ns_ > kBurstNs;
}

bool GrowthTrigger::add(BootTime time, int64_t bytes) {
  if (lowest_ < 0) begin_ = time;
  lowest_ = lowest_ < 0 ? bytes : std::min(lowest_, bytes);
  if (time - begin_ < window_) return false;
  if (known_ == kWindows) std::ranges::rotate(floors_, floors_.begin() + 1);
  known_ = std::min(known_ + 1, kWindows);
  floors_[known_ - 1] = lowest_;
  begin_ = time;
  lowest_ = bytes;
  return persists();
}

bool GrowthTrigger::persists() const {
  if (known_ < kWindows) return false;
  for (size_t i = 1; i < floors_.size(); ++i) {
    if (floors_[i] - floors_[i - 1] < kStep) return false;
  }
  return rise() >= kRise;
}

}  // namespace tidemark
