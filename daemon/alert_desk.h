// Sends alerts away from a process of its own, forked before anything else
// runs: neither a slow command nor a web server that hangs can hold up a tick.
// The command is run without a shell, the alert as one line of JSON on its
// standard input and as TIDEMARK_ALERT_... variables.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "core/os/unique_fd.h"
#include "daemon/alert_sink.h"

namespace tidemark {

struct AlertTargets {
  std::vector<std::string> command;  // argv; empty: none
  std::string webhook;               // http:// or https://; "" = none
  Nanoseconds timeout = std::chrono::seconds(10);  // of each, for each alert

  bool any() const { return !command.empty() || !webhook.empty(); }
};

class AlertDesk final : public AlertSink {
 public:
  // Forks: call while the process has one thread. Errors: usage when the
  // command is not there or the address is none; fork's.
  static Result<std::unique_ptr<AlertDesk>> start(AlertTargets targets);
  // Waits for what was delivered, no longer than twice the timeout.
  ~AlertDesk() override;

  void deliver(const Alert& alert) override;
  // No part of what is measured.
  Pid pid() const { return pid_; }
  // Alerts that found the desk too busy.
  int64_t dropped() const { return dropped_; }

 private:
  AlertDesk(Pid pid, UniqueFd socket, Nanoseconds patience)
      : pid_(pid), socket_(std::move(socket)), patience_(patience) {}

  Pid pid_;
  UniqueFd socket_;
  Nanoseconds patience_;
  int64_t dropped_ = 0;
};

}  // namespace tidemark
