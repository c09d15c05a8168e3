#include "cli/plan_driver.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <tidemark/tidemark.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/plan_child.h"
#include "cli/plan_probe.h"
#include "core/base/text.h"
#include "core/os/system_clock.h"

namespace tidemark {
namespace {

constexpr Nanoseconds kProbeEvery = std::chrono::milliseconds(100);
constexpr uint32_t kFlushMs = 2000;
// A level that brings less than this part of what its load should bring is
// beyond the knee.
constexpr double kKneeGain = 0.2;

struct Target {
  const PlanTarget* plan = nullptr;
  PlanChild child;
};

// Why a wait ended.
enum class Woke : uint8_t { child, time, target, signal };

class Driver {
 public:
  explicit Driver(const Plan& plan) : plan_(plan) {}
  ~Driver() {
    stop_targets();
    tidemark_close(session_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  Status open();
  int run();

 private:
  bool start_targets();
  bool start_target(const PlanTarget& target);
  bool run_prepare(const PlanTarget& target);
  bool wait_healthy(const PlanTarget& target);
  bool run_phase(const PlanPhase& phase);
  bool run_levels(const PlanPhase& phase, int64_t cycle);
  bool run_load(const PlanPhase& phase, const std::string& name, int64_t level,
                int64_t cycle);
  bool finish_load(const PlanPhase& phase, PlanChild& child, Woke woke);
  void take_figures(const PlanPhase& phase, const std::string& output);
  bool is_beyond_knee(const PlanPhase& phase, size_t level);
  bool rest(const PlanPhase& phase);
  // Until the child ends, the deadline, a target's death or a signal.
  Woke wait(std::optional<BootTime> deadline, PlanChild* child);
  void poll_once(PlanChild* child, Nanoseconds patience);
  void read_signals();
  bool targets_alive();
  void stop_targets();
  // Always false. `words`: what else there is to say, behind the place.
  bool abort(const std::string& why, const std::string& words = "");
  bool failed(const std::string& why);
  void say(const std::string& text);

  const Plan& plan_;
  SystemClock clock_;
  tidemark_session* session_ = nullptr;
  tidemark_metric throughput_ = TIDEMARK_NO_METRIC;
  tidemark_metric operations_ = TIDEMARK_NO_METRIC;
  UniqueFd signals_;
  std::list<Target> targets_;
  std::string phase_;          // where it is, for people
  std::vector<double> rates_;  // of the levels run so far; 0: not said
  bool load_failed_ = false;   // of the last load
  int signal_ = 0;
  int code_ = 0;
};

Status Driver::open() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
    sigaddset(&set, number);
  }
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_.valid()) return fail_errno("signalfd", errno);
  session_ = tidemark_open("plan", 0);
  if (session_ == nullptr) return fail_errno("shared memory", errno);
  if (tidemark_connected(session_) == 0) {
    say("nobody records: no daemon listens");
  }
  throughput_ = tidemark_gauge(session_, "throughput");
  operations_ = tidemark_op(session_, "operation");
  return {};
}

void Driver::say(const std::string& text) {
  std::fprintf(stderr, "tidemark plan: %s\n", sanitize_log(text).c_str());
}

bool Driver::abort(const std::string& why, const std::string& words) {
  std::string text = "aborted: " + why;
  if (!phase_.empty()) text += " in phase '" + phase_ + "'";
  if (!words.empty()) text += ": " + words.substr(0, 200);
  say(text);
  tidemark_note(session_, text.c_str());
  // Ends the open phases as aborted, too.
  tidemark_run_end(session_, TIDEMARK_RUN_ABORTED);
  tidemark_flush(session_, kFlushMs);
  code_ = 1;
  return false;
}

bool Driver::failed(const std::string& why) {
  say("failed: " + why);
  tidemark_note(session_, ("failed: " + why).c_str());
  tidemark_run_end(session_, TIDEMARK_RUN_FAILED);
  tidemark_flush(session_, kFlushMs);
  code_ = 1;
  return false;
}

int Driver::run() {
  tidemark_run_begin(session_, plan_.name.c_str());
  bool fine = start_targets();
  for (const PlanPhase& phase : plan_.phases) {
    if (fine) fine = run_phase(phase);
  }
  if (signal_ != 0) return 128 + signal_;
  if (!fine) return code_;
  const uint64_t mark =
      tidemark_phase_begin(session_, "teardown", TIDEMARK_TEARDOWN);
  stop_targets();
  tidemark_phase_end(session_, mark);
  tidemark_run_end(session_, TIDEMARK_RUN_OK);
  tidemark_flush(session_, kFlushMs);
  return code_;
}

bool Driver::start_targets() {
  if (plan_.targets.empty()) return true;
  phase_ = "setup";
  const uint64_t mark = tidemark_phase_begin(session_, "setup", TIDEMARK_SETUP);
  for (const PlanTarget& target : plan_.targets) {
    if (!run_prepare(target) || !start_target(target) ||
        !wait_healthy(target)) {
      return false;
    }
  }
  tidemark_phase_end(session_, mark);
  return true;
}

bool Driver::run_prepare(const PlanTarget& target) {
  if (target.prepare.empty()) return true;
  auto child = PlanChild::start(
      {target.prepare, target.user, target.directory, target.environment});
  if (!child) {
    return abort("target '" + target.name + "': " + child.error().what);
  }
  const Woke woke = wait(std::nullopt, &*child);
  if (woke == Woke::signal) return false;
  const int status = child->ended().value_or(0);
  if (woke == Woke::child && status == 0) return true;
  return abort(fmt::format("target '{}': {} {}: {}", target.name,
                           target.prepare.front(), wait_status_text(status),
                           child->last_words()));
}

bool Driver::start_target(const PlanTarget& target) {
  auto child = PlanChild::start(
      {target.command, target.user, target.directory, target.environment});
  if (!child) {
    return abort("target '" + target.name + "': " + child.error().what);
  }
  say(fmt::format("started {} (pid {})", target.name, child->pid()));
  targets_.push_back({&target, std::move(*child)});
  return true;
}

bool Driver::wait_healthy(const PlanTarget& target) {
  const BootTime deadline = clock_.now() + target.within;
  while (true) {
    const Nanoseconds left = deadline - clock_.now();
    const Nanoseconds patience = std::clamp(
        left, Nanoseconds(kProbeEvery), Nanoseconds(std::chrono::seconds(5)));
    const Status healthy = probe_target(target, patience);
    const Woke woke =
        wait(clock_.now() + (healthy ? Nanoseconds(0) : kProbeEvery), nullptr);
    if (woke == Woke::target || woke == Woke::signal) return false;
    if (healthy) return true;
    if (clock_.now() < deadline) continue;
    return abort(fmt::format("target '{}' was not healthy within {}: {}",
                             target.name, format_duration(target.within),
                             healthy.error().what));
  }
}

// False, and told, when one has ended.
bool Driver::targets_alive() {
  for (Target& target : targets_) {
    const auto status = target.child.ended();
    if (!status) continue;
    return abort(fmt::format("target '{}' {}", target.plan->name,
                             wait_status_text(*status)),
                 target.child.last_words());
  }
  return true;
}

void Driver::read_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) ==
         static_cast<ssize_t>(sizeof info)) {
    const auto number = static_cast<int>(info.ssi_signo);
    if (number != SIGCHLD) signal_ = number;
  }
}

void Driver::poll_once(PlanChild* child, Nanoseconds patience) {
  std::vector<pollfd> fds = {{signals_.get(), POLLIN, 0}};
  const auto add = [&](PlanChild& one) {
    if (one.output_fd() >= 0) fds.push_back({one.output_fd(), POLLIN, 0});
  };
  for (Target& target : targets_) add(target.child);
  if (child != nullptr) add(*child);
  const auto milliseconds = static_cast<int>(
      std::clamp<int64_t>(patience.count() / 1'000'000 + 1, 0, 1000));
  ::poll(fds.data(), fds.size(), milliseconds);
  read_signals();
  for (Target& target : targets_) target.child.read_output();
  if (child != nullptr) child->read_output();
}

Woke Driver::wait(std::optional<BootTime> deadline, PlanChild* child) {
  while (true) {
    if (signal_ != 0) return Woke::signal;
    if (!targets_alive()) return Woke::target;
    if (child != nullptr && child->ended()) return Woke::child;
    const BootTime now = clock_.now();
    if (deadline && now >= *deadline) return Woke::time;
    const Nanoseconds patience =
        deadline ? *deadline - now : Nanoseconds(std::chrono::seconds(1));
    poll_once(child, patience);
  }
}

bool Driver::run_phase(const PlanPhase& phase) {
  for (int64_t cycle = 1; cycle <= phase.cycles; ++cycle) {
    const bool fine = phase.levels.empty()
                          ? run_load(phase, phase.name, 0, cycle)
                          : run_levels(phase, cycle);
    if (!fine || !rest(phase)) return false;
  }
  return true;
}

bool Driver::run_levels(const PlanPhase& phase, int64_t cycle) {
  const uint64_t mark =
      tidemark_phase_begin(session_, phase.name.c_str(), TIDEMARK_CUSTOM);
  rates_.clear();
  for (size_t i = 0; i < phase.levels.size(); ++i) {
    const int64_t level = phase.levels[i];
    if (!run_load(phase, fmt::format("level-{}", level), level, cycle)) {
      return false;
    }
    if (phase.until_knee && is_beyond_knee(phase, i)) break;
  }
  tidemark_phase_end(session_, mark);
  return true;
}

bool Driver::is_beyond_knee(const PlanPhase& phase, size_t level) {
  if (level == 0 || rates_.size() <= level) return false;
  const double before = rates_[level - 1];
  if (!load_failed_ && (before <= 0 || rates_[level] <= 0)) return false;
  const auto ratio = static_cast<double>(phase.levels[level]) /
                     static_cast<double>(phase.levels[level - 1]);
  const double gain = before > 0 ? rates_[level] / before - 1 : 0;
  if (!load_failed_ && gain >= kKneeGain * (ratio - 1)) return false;
  const std::string text =
      fmt::format("knee of {}: level {}, {} per second", phase.name,
                  phase.levels[level - 1], format_count(before));
  say(text);
  tidemark_note(session_, text.c_str());
  return true;
}

bool Driver::run_load(const PlanPhase& phase, const std::string& name,
                      int64_t level, int64_t cycle) {
  phase_ = name;
  const uint64_t mark = tidemark_phase_begin(
      session_, name.c_str(), static_cast<tidemark_phase_kind>(phase.kind));
  if (level > 0) {
    tidemark_attribute(session_, mark, "level", std::to_string(level).c_str());
  }
  std::optional<BootTime> deadline;
  if (phase.length) deadline = clock_.now() + *phase.length;
  bool fine = true;
  if (phase.command.empty()) {
    fine = wait(deadline, nullptr) == Woke::time;
  } else {
    auto child = PlanChild::start(
        {plan_command(phase.command, level, cycle), phase.user, "", {}});
    if (!child) {
      return abort("phase '" + name + "': " + child.error().what);
    }
    fine = finish_load(phase, *child, wait(deadline, &*child));
  }
  if (fine) tidemark_phase_end(session_, mark);
  return fine;
}

bool Driver::finish_load(const PlanPhase& phase, PlanChild& child, Woke woke) {
  load_failed_ = false;
  if (woke == Woke::target || woke == Woke::signal) return false;
  if (woke == Woke::time) {
    // Its time is over: it is asked to end, then made to.
    child.signal(SIGTERM);
    const Woke then = wait(clock_.now() + std::chrono::seconds(2), &child);
    child.finish();
    if (then == Woke::target || then == Woke::signal) return false;
  } else {
    const int status = child.ended().value_or(0);
    const bool is_fine =
        WIFEXITED(status) &&
        std::ranges::find(phase.ok, WEXITSTATUS(status)) != phase.ok.end();
    load_failed_ = !is_fine;
    if (!is_fine && !(phase.until_knee && !rates_.empty())) {
      return failed(fmt::format("phase '{}': {} {}: {}", phase_,
                                phase.command.front(), wait_status_text(status),
                                child.last_words()));
    }
  }
  take_figures(phase, child.output());
  return true;
}

void Driver::take_figures(const PlanPhase& phase, const std::string& output) {
  const auto rate = phase.throughput.empty()
                        ? std::nullopt
                        : find_figure(output, phase.throughput);
  rates_.push_back(rate.value_or(0));
  if (rate) {
    tidemark_gauge_set(session_, throughput_, *rate);
    say(fmt::format("{}: {} per second", phase_, format_count(*rate)));
  }
  if (phase.operations.empty()) return;
  const auto count = find_figure(output, phase.operations);
  if (count && *count > 0 && *count < 1e18) {
    tidemark_done(session_, operations_, static_cast<uint64_t>(*count));
  }
}

bool Driver::rest(const PlanPhase& phase) {
  if (phase.rest.count() == 0) return true;
  phase_ = phase.name + "-rest";
  const uint64_t mark =
      tidemark_phase_begin(session_, phase_.c_str(), TIDEMARK_COOLDOWN);
  const bool fine = wait(clock_.now() + phase.rest, nullptr) == Woke::time;
  if (fine) tidemark_phase_end(session_, mark);
  return fine;
}

// In the opposite order: what was started later may need what was before.
void Driver::stop_targets() {
  while (!targets_.empty()) {
    Target& target = targets_.back();
    target.child.signal(target.plan->stop_signal);
    const BootTime deadline = clock_.now() + target.plan->grace;
    while (!target.child.ended() && clock_.now() < deadline) {
      ::poll(nullptr, 0, 10);
      target.child.read_output();
    }
    target.child.finish();
    targets_.pop_back();
  }
}

}  // namespace

int drive_plan(const Plan& plan) {
  Driver driver(plan);
  if (const Status opened = driver.open(); !opened) {
    std::fprintf(stderr, "tidemark plan: %s\n",
                 sanitize_log(opened.error().what).c_str());
    return 70;
  }
  return driver.run();
}

}  // namespace tidemark
