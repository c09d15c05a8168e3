// Turns the kernel's process life events into subjects and events: the full
// story of watched processes, and the end, with its figures, of every other.
#pragma once

#include <memory>
#include <vector>

#include "core/model/event.h"
#include "daemon/process_table.h"
#include "probes/process_life.h"

namespace tidemark {

class LifeWatch {
 public:
  LifeWatch(std::unique_ptr<LifeProbe> life, ProcessTable& processes)
      : life_(std::move(life)), processes_(processes) {}

  int fd() const { return life_->fd(); }
  uint64_t lost() const { return life_->lost(); }
  // Takes what waits; appends to `events`. True when a watched process was
  // concerned: that should not wait for the next tick.
  bool drain(std::vector<Event>& events);

 private:
  bool take(const LifeEvent& seen, std::vector<Event>& events);

  std::unique_ptr<LifeProbe> life_;
  ProcessTable& processes_;
};

}  // namespace tidemark
