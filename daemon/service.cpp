#include "daemon/service.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "core/os/log.h"
#include "core/os/notify.h"
#include "daemon/gate_sources.h"

namespace tidemark {
namespace {

constexpr const char* kDefaultSocket = "/run/tidemark/client.sock";

// STATE_DIRECTORY is the service manager's word for it (systemd.exec(5)).
std::string state_folder(const Options& options) {
  const char* given = std::getenv("STATE_DIRECTORY");
  return given != nullptr && *given != '\0' ? given : options.state_dir;
}

Status check_folder(const std::string& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) {
    const int cause = errno;
    if (cause != ENOENT || ::mkdir(folder.c_str(), 0750) != 0) {
      return raise(fail_errno(folder, cause == ENOENT ? errno : cause).error(),
                   "the folder for recordings");
    }
    return {};
  }
  if (!S_ISDIR(status.st_mode)) {
    return fail(ErrorKind::usage, folder + ": is no folder; set state_dir");
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    auto error = fail_errno(folder, errno).error();
    error.kind = ErrorKind::usage;
    error.what +=
        "; recordings are written there: chown it to the user of "
        "tidemarkd, or set state_dir";
    return std::unexpected(std::move(error));
  }
  return {};
}

// What a running engine cannot change.
std::string needs_restart(const Options& old, const Options& now) {
  std::string keys;
  const auto differs = [&](bool different, const char* key) {
    if (different) keys += (keys.empty() ? "" : ", ") + std::string(key);
  };
  differs(old.socket != now.socket, "socket");
  differs(old.state_dir != now.state_dir, "state_dir");
  differs(old.output != now.output, "output");
  differs(old.metrics != now.metrics, "metrics");
  differs(old.heap.mode != now.heap.mode, "heap");
  differs(old.heap.sample_bytes != now.heap.sample_bytes, "heap_sample");
  differs(old.heap.budget != now.heap.budget, "heap_budget");
  differs(old.gates != now.gates, "gates");
  differs(old.alerts.command != now.alerts.command, "on_alert");
  differs(old.alerts.webhook != now.alerts.webhook, "webhook");
  return keys;
}

constexpr int64_t kMostJudged = 16 << 20;

// A service has no end at which all of it could be judged.
Result<std::vector<Gate>> service_gates(const Options& options) {
  std::vector<Gate> gates;
  for (const std::string& name : options.gates) {
    TIDEMARK_TRY(auto more, load_named_gates(name));
    for (Gate& gate : more) {
      if (!options.output.empty() || !needs_whole_run(gate.expr)) {
        gates.push_back(std::move(gate));
        continue;
      }
      log_warning(gate.expr.text +
                  ": left out: it takes a whole run; export that one and "
                  "check it afterwards");
    }
  }
  TIDEMARK_CHECK(check_contradictions(gates));
  return gates;
}

}  // namespace

// Forks: before there is a second thread.
Status Service::open_alerts() {
  if (!options_.alerts.any()) return {};
  TIDEMARK_TRY(alerts_, AlertDesk::start(options_.alerts));
  return {};
}

Status Service::open_state() {
  if (!options_.output.empty()) return {};
  folder_ = state_folder(options_);
  TIDEMARK_CHECK(check_folder(folder_));
  auto lock = LockFile::take(folder_ + "/tidemarkd.lock");
  if (!lock) {
    Error error = std::move(lock).error();
    if (error.kind == ErrorKind::full) {
      error.kind = ErrorKind::usage;
      error.what = "another tidemarkd records into " + folder_ + " (" +
                   error.what +
                   "); end it, or give this one a state_dir and "
                   "a socket of its own";
    }
    return std::unexpected(std::move(error));
  }
  lock_ = std::move(*lock);
  return {};
}

Result<EngineOptions> Service::engine_options() const {
  EngineOptions engine;
  engine.heap = options_.heap;
  engine.output = options_.output;
  if (!folder_.empty()) {
    engine.output = folder_;
    engine.rotation = options_.rotation;
  }
  engine.metrics = options_.metrics;
  engine.interval = options_.interval;
  engine.budget = options_.budget;
  engine.rules = RoleRules(options_.roles, options_.watch);
  TIDEMARK_TRY(engine.gates.gates, service_gates(options_));
  engine.gates.live.latch = options_.latch;
  // Told by the exporter, by role; a part larger than this would take too much
  // of the unit's memory to be judged.
  engine.gates.findings = !options_.metrics.empty();
  engine.gates.most_judged = kMostJudged;
  engine.alerts = alerts_.get();
  if (alerts_) engine.helpers.push_back(alerts_->pid());
  engine.socket = options_.socket.empty() ? kDefaultSocket : options_.socket;
  // Beside the other one.
  engine.control =
      std::filesystem::path(engine.socket).replace_filename("control.sock");
  if (const auto inherited = inherited_socket()) {
    engine.inherited_socket = *inherited;
  } else if (engine.socket == kDefaultSocket) {
    // Without a manager that makes it. That it is there already is fine.
    ::mkdir("/run/tidemark", 0755);
  }
  return engine;
}

Status Service::begin() {
  TIDEMARK_TRY(options_, load_());
  TIDEMARK_CHECK(open_state());
  TIDEMARK_CHECK(open_alerts());
  TIDEMARK_TRY(loop_, EventLoop::create());
  constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
  TIDEMARK_CHECK(loop_->on_signals(
      kSignals, [this](const signalfd_siginfo& info) { on_signal(info); }));
  TIDEMARK_TRY(auto engine, engine_options());
  TIDEMARK_TRY(engine_, Engine::start(std::move(engine), *loop_, clock_));
  engine_->on_failure([this] { loop_->stop(); });
  TIDEMARK_CHECK(keep_watchdog());
  const std::string where =
      "recording to " + (folder_.empty() ? options_.output : folder_);
  log_info(where);
  notify_status(where);
  notify_ready();
  return {};
}

void Service::on_signal(const signalfd_siginfo& info) {
  if (info.ssi_signo == SIGHUP) {
    reload();
  } else {
    loop_->stop();
  }
}

// All of the new options, or none of them.
void Service::reload() {
  notify_reloading(clock_.anchor().monotonic_ns);
  auto loaded = load_();
  if (!loaded) {
    log_error("reload: " + loaded.error().what +
              "; the options in force stay as they are");
  } else {
    const std::string later = needs_restart(options_, *loaded);
    if (!later.empty()) {
      log_warning("reload: " + later + " will hold after a restart");
    }
    options_ = std::move(*loaded);
    engine_->tune({options_.interval, options_.budget,
                   RoleRules(options_.roles, options_.watch),
                   options_.rotation});
    log_info("reload: the options are in force");
  }
  notify_ready();
}

// Said from the loop: a loop that hangs falls silent, and so does one whose
// writer makes no progress.
Status Service::keep_watchdog() {
  watchdog_interval_ = watchdog_interval();
  if (!watchdog_interval_) return {};
  TIDEMARK_TRY(watchdog_, loop_->add_timer([this] { tell_watchdog(); }));
  return loop_->arm(watchdog_, clock_.now());
}

void Service::tell_watchdog() {
  if (engine_->makes_progress()) notify_watchdog();
  const auto armed =
      loop_->arm(watchdog_, clock_.now() + *watchdog_interval_ / 3);
  if (!armed) log_error(armed.error().what);
}

Status Service::end() {
  notify_stopping();
  Status status = engine_->finish();
  engine_.reset();
  return status;
}

}  // namespace tidemark
