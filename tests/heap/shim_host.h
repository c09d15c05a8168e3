// A daemon's place for tests and benchmarks: takes what a program under the
// heap shim hands over, and reads its tables as they are.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/heap/heap_channel.h"
#include "core/os/unique_fd.h"

namespace tidemark::testing_heap {

class ShimHost {
 public:
  ShimHost();
  ~ShimHost();
  ShimHost(const ShimHost&) = delete;
  ShimHost& operator=(const ShimHost&) = delete;

  // What a program needs to be under the shim and to find this host.
  std::vector<std::string> environment(uint64_t period) const;
  // Takes the next segment; false: none within this time.
  bool accept(int milliseconds = 5000);
  // The segment taken last.
  const tidemark_heap_segment& segment() const { return *segment_; }
  tidemark_heap_segment& segment() { return *segment_; }

 private:
  std::string folder_;
  UniqueFd listener_;
  tidemark_heap_segment* segment_ = nullptr;
};

}  // namespace tidemark::testing_heap
