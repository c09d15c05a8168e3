// tidemarkd: the engine as a service. Records into the state directory, or to
// --output, until SIGTERM; one new recording per start.
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/text.h"
#include "core/os/event_loop.h"
#include "core/os/log.h"
#include "core/os/notify.h"
#include "core/os/system_clock.h"
#include "daemon/engine.h"
#include "daemon/options.h"

namespace tidemark {
namespace {

constexpr int kExitUsage = 64;
constexpr int kExitInternal = 70;
constexpr const char* kDefaultSocket = "/run/tidemark/client.sock";

constexpr const char* kUsage =
    "usage: tidemarkd [--config FILE] [--output FILE] [--interval TIME]\n"
    "                 [--budget RATIO] [--socket PATH] [--state-dir DIR]\n"
    "                 [--watch SEL]... [--role NAME=SEL]... [-v]\n"
    "Records until SIGTERM. Options as in `tidemark record`.\n";

struct Arguments {
  std::string config;
  std::vector<Setting> settings;
  int verbosity = 1;
  bool help = false;
};

// --key value or --key=value; the keys are those of daemon/options.
Result<Arguments> parse_arguments(std::span<char* const> words) {
  Arguments arguments;
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "-v" || word == "--verbose") {
      ++arguments.verbosity;
      continue;
    }
    if (word == "-h" || word == "--help") {
      arguments.help = true;
      return arguments;
    }
    if (!word.starts_with("--")) {
      return fail(ErrorKind::usage, fmt::format("unknown word '{}'", word));
    }
    const size_t equals = word.find('=');
    const std::string origin(word.substr(0, equals));
    std::string value;
    if (equals != std::string_view::npos) {
      value = std::string(word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      return fail(ErrorKind::usage, origin + ": a value is missing");
    }
    std::string key = origin.substr(2);
    for (char& c : key) c = c == '-' ? '_' : c;
    if (key == "config") {
      arguments.config = value;
    } else {
      arguments.settings.push_back({key, value, origin});
    }
  }
  return arguments;
}

// STATE_DIRECTORY is the service manager's word for it (systemd.exec(5)).
std::string output_path(const Options& options) {
  if (!options.output.empty()) return options.output;
  const char* given = std::getenv("STATE_DIRECTORY");
  const std::string folder = given != nullptr ? given : options.state_dir;
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 64> name{};
  std::strftime(name.data(), name.size(), "%Y%m%dT%H%M%SZ.tmk", &utc);
  return folder + "/" + name.data();
}

class Service {
 public:
  Status begin(const Options& options);
  Status serve() { return loop_->run(); }
  Status end() { return engine_->finish(); }

 private:
  Status keep_watchdog();

  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Engine> engine_;
  EventLoop::TimerId watchdog_ = 0;
};

Status Service::begin(const Options& options) {
  TIDEMARK_TRY(loop_, EventLoop::create());
  constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};
  TIDEMARK_CHECK(loop_->on_signals(
      kSignals, [this](const signalfd_siginfo&) { loop_->stop(); }));
  EngineOptions engine;
  engine.heap = options.heap;
  engine.output = output_path(options);
  engine.interval = options.interval;
  engine.budget = options.budget;
  engine.rules = RoleRules(options.roles, options.watch);
  engine.socket = options.socket.empty() ? kDefaultSocket : options.socket;
  if (const auto inherited = inherited_socket()) {
    engine.inherited_socket = *inherited;
  } else if (options.socket.empty()) {
    // Without a manager that makes it. That it is there already is fine.
    ::mkdir("/run/tidemark", 0755);
  }
  const std::string output = engine.output;
  TIDEMARK_TRY(engine_, Engine::start(std::move(engine), *loop_, clock_));
  engine_->on_failure([this] { loop_->stop(); });
  TIDEMARK_CHECK(keep_watchdog());
  log_info("recording to " + output);
  notify_ready();
  notify_status("recording to " + output);
  return {};
}

// Said from the loop: a loop that hangs falls silent.
Status Service::keep_watchdog() {
  const auto interval = watchdog_interval();
  if (!interval) return {};
  TIDEMARK_TRY(watchdog_, loop_->add_timer([this, period = *interval / 3] {
    notify_watchdog();
    if (auto armed = loop_->arm(watchdog_, clock_.now() + period); !armed) {
      log_error(armed.error().what);
    }
  }));
  return loop_->arm(watchdog_, clock_.now());
}

int report(const Error& error) {
  log_error(error.what);
  const bool usage =
      error.kind == ErrorKind::usage || error.kind == ErrorKind::not_found;
  return usage ? kExitUsage : kExitInternal;
}

int run(std::span<char* const> words) {
  const auto arguments = parse_arguments(words);
  if (!arguments) return report(arguments.error());
  if (arguments->help) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  set_log_verbosity(arguments->verbosity);
  const auto options = load_options(
      arguments->config, [](const char* name) { return std::getenv(name); },
      arguments->settings);
  if (!options) return report(options.error());
  Service service;
  Status status = service.begin(*options);
  if (status) status = service.serve();
  if (!status) return report(status.error());
  notify_stopping();
  status = service.end();
  return status ? 0 : report(status.error());
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  try {
    return tidemark::run({argv, static_cast<size_t>(argc)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tidemarkd: internal error: %s\n", error.what());
    return tidemark::kExitInternal;
  }
}
