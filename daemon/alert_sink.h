// Where an alert goes besides the recording: a command, a webhook, clients.
#pragma once

#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/model/gate.h"

namespace tidemark {

struct Alert {
  std::string name;  // of the gate, or the leak; raw bytes, as the text
  std::string text;
  GateStatus state = GateStatus::fail;  // pass: it is over
  std::optional<double> value;
  bool ends_run = false;
  BootTime time;
  int64_t realtime_ns = 0;  // the same as wall clock
  std::string recording;
  std::string phase;  // the innermost open one; "" = none
};

class AlertSink {
 public:
  virtual ~AlertSink() = default;
  // Called on the loop: must not wait for anything.
  virtual void deliver(const Alert& alert) = 0;
};

// One line of JSON without its newline: name, state, text, value, ends_run,
// time_ns, realtime_ns, recording, phase.
std::string alert_json(const Alert& alert);

}  // namespace tidemark
