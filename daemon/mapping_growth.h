// Whether a process keeps mapping memory: tick by tick its size, and only while
// that keeps growing, from time to time its maps, which tell the heap from the
// rest.
#pragma once

#include <string>

#include "core/base/ids.h"
#include "daemon/handle_growth.h"

namespace tidemark {

class MappingGrowth {
 public:
  // Takes a reading; true from the one on that completes the growth of what is
  // mapped outside of the heap segment and the main thread's stack.
  bool add(const std::string& proc, Pid pid);

 private:
  HandleGrowth size_, mapped_;
  int readings_ = 0;
  bool growing_ = false;
  std::string buffer_;
};

}  // namespace tidemark
