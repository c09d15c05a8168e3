// Ways in for marks besides the channel, all off by default and all local.
// Each runs on the doors' own thread (doors.h) and speaks to the session as any
// client does: what a door is told, it checks, and it never waits for a peer.
#pragma once

#include <tidemark/tidemark.h>

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/os/event_loop.h"

namespace tidemark {

class Door {
 public:
  virtual ~Door() = default;
};

// What doors share.
struct DoorContext {
  EventLoop& loop;
  tidemark_session* session;  // may be null: nobody listens to it
};

// Tells of the first few refused marks on stderr, then only counts them.
class Refusals {
 public:
  explicit Refusals(const char* door) : door_(door) {}
  void tell(const std::string& why);

 private:
  const char* door_;
  int told_ = 0;
};

// A datagram socket: one mark in each, as JSON or as a line; no answers.
// Errors: usage (path too long, somebody listens there), io with the path.
Result<std::unique_ptr<Door>> open_datagram_door(const std::string& path,
                                                 DoorContext context);
// POST /v1/mark with lines of JSON. `where`: PORT, or a loopback address and
// PORT. Errors: usage (not loopback), io.
Result<std::unique_ptr<Door>> open_http_door(const std::string& where,
                                             DoorContext context);
// The protocol of JMeter's PerfMon server agent, without exec and tail.
Result<std::unique_ptr<Door>> open_perfmon_door(const std::string& where,
                                                DoorContext context);

}  // namespace tidemark
