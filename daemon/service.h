// tidemarkd from its first line of log to its last: one engine that records
// into the state directory, its lock, its signals, and what the service manager
// wants to hear (sd_notify(3)).
#pragma once

#include <sys/signalfd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/os/event_loop.h"
#include "core/os/lock_file.h"
#include "core/os/system_clock.h"
#include "daemon/alert_desk.h"
#include "daemon/engine.h"
#include "daemon/options.h"

namespace tidemark {

class Service {
 public:
  // How the options are loaded, now and at each SIGHUP.
  using Load = std::function<Result<Options>()>;

  explicit Service(Load load) : load_(std::move(load)) {}

  // Errors: usage: the options, another daemon in the folder or on the socket;
  // the folder's or the recording's, with the remedy.
  Status begin();
  Status serve() { return loop_->run(); }
  Status end();

 private:
  Status open_state();
  Status open_alerts();
  Result<EngineOptions> engine_options() const;
  void on_signal(const signalfd_siginfo& info);
  void reload();
  Status keep_watchdog();
  void tell_watchdog();

  Load load_;
  SystemClock clock_;
  Options options_;
  std::string folder_;  // of the recording; "" = one file, --output
  LockFile lock_;
  std::unique_ptr<AlertDesk> alerts_;  // null: nobody is to hear of them
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Engine> engine_;
  EventLoop::TimerId watchdog_ = 0;
  std::optional<Nanoseconds> watchdog_interval_;
};

}  // namespace tidemark
