// The quiesce requests under way: reads each client's process until it is calm.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "daemon/collector.h"
#include "daemon/quiesce.h"

namespace tidemark {

class QuiesceDesk {
 public:
  explicit QuiesceDesk(const Roots& roots);

  struct Request {
    SubjectId client;
    int64_t token = 0;
  };
  // A process of {0, 0} cannot be read: it counts as calm at once.
  void add(const Request& request, ProcessKey process, BootTime now);
  bool empty() const { return open_.empty(); }
  // Reads every process once; moves what is calm to `done`.
  void poll(BootTime now, std::vector<Request>& done);

 private:
  struct Open {
    Request request;
    ProcessKey process;
    QuiesceWatch watch;
  };
  std::optional<QuiesceWatch::Reading> read(ProcessKey process);

  std::string proc_;
  std::string buffer_;
  int64_t page_size_;
  int64_t ticks_per_second_;
  std::vector<Open> open_;
};

}  // namespace tidemark
