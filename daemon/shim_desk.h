// Where the client host hands over the heap segments that come to its socket.
// On the loop's thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

// A process with libtidemark-heap in it, as the kernel told of it.
struct ShimArrival {
  ProcessKey process;  // start 0: not visible from here, or gone already
  std::string comm;    // raw bytes
  UniqueFd memfd;
};

class ShimDesk {
 public:
  // Error malformed: the client broke a rule.
  using Taker = std::function<Status(ShimArrival)>;

  // Whoever reads the segments says so here.
  void open(Taker taker) { taker_ = std::move(taker); }
  // Without a reader the segment is let go.
  Status admit(ShimArrival arrival) {
    return taker_ ? taker_(std::move(arrival)) : Status();
  }

  // Processes whose segments are read.
  void add(ProcessKey process) { held_.insert(process); }
  void remove(ProcessKey process) { held_.erase(process); }
  bool holds(ProcessKey process) const { return held_.contains(process); }

 private:
  Taker taker_;
  std::set<ProcessKey> held_;
};

}  // namespace tidemark
