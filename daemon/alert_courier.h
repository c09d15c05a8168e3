// Takes alerts to a command and to a webhook, one after another; waits for
// each, but never longer than its timeout. Runs in the alert desk's process.
#pragma once

#include <string_view>

#include "daemon/alert_desk.h"

namespace tidemark {

class AlertCourier {
 public:
  explicit AlertCourier(const AlertTargets& targets) : targets_(targets) {}

  // `json`: as alert_json() makes it. What goes wrong is logged.
  void carry(std::string_view json);

 private:
  Status run_command(std::string_view json);

  const AlertTargets& targets_;
};

// HTTP POST of JSON. Errors: unsupported when curl cannot start; io with the
// reason, also for an answer of 400 and above.
Status post_json(const std::string& url, std::string_view json,
                 Nanoseconds timeout);

}  // namespace tidemark
