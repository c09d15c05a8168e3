#include "cli/record_session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include "cli/command.h"
#include "cli/heap_shim.h"
#include "cli/progress_line.h"
#include "cli/record_result.h"
#include "cli/socket_place.h"
#include "core/base/text.h"
#include "core/os/child_process.h"
#include "core/os/event_loop.h"
#include "core/os/log.h"
#include "core/os/system_clock.h"
#include "daemon/alert_desk.h"
#include "daemon/engine.h"

namespace tidemark {
namespace {

constexpr Nanoseconds kGrace = std::chrono::seconds(5);

std::string default_output() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 64> name{};
  std::strftime(name.data(), name.size(), "tidemark-%Y%m%d-%H%M%S.tmk", &local);
  return name.data();
}

class RecordSession {
 public:
  explicit RecordSession(const RecordRequest& request)
      : request_(request), options_(request.options) {}

  Status prepare();
  Status begin();
  Status serve() { return loop_->run(); }
  int end();

 private:
  Status open_loop();
  Status hold_command();
  Status start_engine();
  Status take_input();
  Status open_doors();
  Status release_command();
  Status arm_end();
  void on_signal(const signalfd_siginfo& info);
  void on_stop_signal(const signalfd_siginfo& info);
  void on_time_over();
  void on_gate_end(const GateEnd& end);
  GateRules gate_rules() const;
  void reap();

  const RecordRequest& request_;
  Options options_;
  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
  SocketPlace place_;
  std::optional<ChildProcess> child_;
  std::unique_ptr<AlertDesk> alerts_;
  std::unique_ptr<Engine> engine_;
  UniqueFd input_;  // our standard input, when marks come from it
  std::unique_ptr<Doors> doors_;
  std::unique_ptr<ProgressLine> progress_;
  EventLoop::TimerId end_timer_ = 0;
  BootTime begin_;
  std::optional<int> wait_status_;
  bool stopping_ = false;   // a signal came, or the time is over
  bool time_over_ = false;  // we ended the command ourselves
  bool aborted_ = false;    // because a gate said so
};

Status RecordSession::prepare() {
  if (!request_.command.empty()) {
    auto program = find_program(request_.command.front());
    if (!program) {
      return fail(ErrorKind::usage, std::move(program).error().what);
    }
  }
  if (options_.output.empty()) options_.output = default_output();
  if (::access(options_.output.c_str(), F_OK) == 0) {
    return fail(ErrorKind::usage, options_.output +
                                      ": exists already; name another with -o "
                                      "or remove it");
  }
  TIDEMARK_TRY(place_,
               SocketPlace::choose(options_.socket, request_.socket_inherited));
  return take_input();
}

// What is said on our standard input is not the command's to read. Our own
// client finds us by the variable, which is set before there are threads.
Status RecordSession::take_input() {
  if (!request_.doors.any()) return {};
  ::setenv("TIDEMARK_SOCKET", place_.path().c_str(), 1);
  if (request_.doors.lines != "-") return {};
  input_ = UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!input_.valid() || ::dup2(nothing.get(), STDIN_FILENO) < 0) {
    return fail_errno("standard input", errno);
  }
  return {};
}

Status RecordSession::open_doors() {
  if (!request_.doors.any()) return {};
  DoorSettings settings = request_.doors;
  settings.input = input_.get();
  TIDEMARK_TRY(doors_, Doors::open(settings));
  if (doors_->lines_ended() < 0) return {};
  return loop_->watch(doors_->lines_ended(), [this] {
    loop_->unwatch(doors_->lines_ended());
    if (!child_) loop_->stop();
  });
}

Status RecordSession::begin() {
  begin_ = clock_.now();
  // Before there is a second thread, or anything open that it would share.
  if (options_.alerts.any()) {
    TIDEMARK_TRY(alerts_, AlertDesk::start(options_.alerts));
  }
  TIDEMARK_CHECK(open_loop());
  TIDEMARK_CHECK(hold_command());
  TIDEMARK_CHECK(start_engine());
  TIDEMARK_CHECK(open_doors());
  TIDEMARK_CHECK(release_command());
  TIDEMARK_CHECK(arm_end());
  if (options_.quiet) return {};
  if (!child_) {
    std::fprintf(stderr,
                 "tidemark record: clients connect with TIDEMARK_SOCKET=%s\n",
                 sanitize_terminal(place_.path()).c_str());
  }
  progress_ = ProgressLine::on_terminal(*loop_, clock_, *engine_);
  return {};
}

Status RecordSession::open_loop() {
  TIDEMARK_TRY(loop_, EventLoop::create());
  // A reader of our output that went away is no reason to lose the recording.
  ::signal(SIGPIPE, SIG_IGN);
  constexpr std::array<int, 4> kSignals = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
  return loop_->on_signals(
      kSignals, [this](const signalfd_siginfo& info) { on_signal(info); });
}

Status RecordSession::hold_command() {
  if (request_.command.empty()) return {};
  // Orphans of the command's tree become our children, so daemons stay ours.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    return fail_errno("prctl(PR_SET_CHILD_SUBREAPER)", errno);
  }
  TIDEMARK_TRY(auto environment, shim_environment(options_.heap));
  environment.emplace_back("TIDEMARK_SOCKET", place_.path());
  auto held = ChildProcess::hold(request_.command, environment);
  if (!held) return std::unexpected(std::move(held).error());
  child_ = std::move(*held);
  return {};
}

Status RecordSession::start_engine() {
  EngineOptions engine;
  engine.output = options_.output;
  engine.interval = options_.interval;
  engine.budget = options_.budget;
  engine.heap = options_.heap;
  engine.rules = RoleRules(options_.roles, options_.watch);
  engine.socket = place_.path();
  engine.command = request_.command;
  engine.adopt_children = child_.has_value();
  engine.gates = gate_rules();
  engine.alerts = alerts_.get();
  if (alerts_) engine.helpers.push_back(alerts_->pid());
  TIDEMARK_TRY(engine_, Engine::start(std::move(engine), *loop_, clock_));
  engine_->on_failure([this] { loop_->stop(); });
  engine_->on_gate_end([this](const GateEnd& end) { on_gate_end(end); });
  return {};
}

Status RecordSession::release_command() {
  if (!child_) return {};
  engine_->command_began(child_->pid());
  const Status status = child_->release();
  if (status) return {};
  // It ran nothing: a recording of that would only be in the way.
  doors_.reset();
  engine_.reset();
  ::unlink(options_.output.c_str());
  return fail(ErrorKind::usage, status.error().what);
}

Status RecordSession::arm_end() {
  TIDEMARK_TRY(end_timer_, loop_->add_timer([this] { on_time_over(); }));
  if (!options_.duration) return {};
  return loop_->arm(end_timer_, clock_.now() + *options_.duration);
}

void RecordSession::on_signal(const signalfd_siginfo& info) {
  if (info.ssi_signo == SIGCHLD) {
    reap();
  } else {
    on_stop_signal(info);
  }
}

// The first one goes to the command, and the recording ends when that does;
// the second one ends the recording.
void RecordSession::on_stop_signal(const signalfd_siginfo& info) {
  if (!child_ || wait_status_ || stopping_) {
    loop_->stop();
    return;
  }
  stopping_ = true;
  // The terminal has already sent its signal to the whole foreground group.
  const bool from_terminal = info.ssi_code == SI_KERNEL;
  if (from_terminal) return;
  if (auto status = child_->signal(static_cast<int>(info.ssi_signo)); !status) {
    log_warning(status.error().what);
  }
}

void RecordSession::on_time_over() {
  if (!child_ || wait_status_) {
    loop_->stop();
    return;
  }
  const int number = time_over_ ? SIGKILL : SIGTERM;
  time_over_ = stopping_ = true;
  Status status = child_->signal(number);
  if (status) status = loop_->arm(end_timer_, clock_.now() + kGrace);
  if (!status) loop_->stop();
}

GateRules RecordSession::gate_rules() const {
  GateRules rules;
  rules.gates = request_.gates;
  rules.suppressions = request_.suppressions;
  rules.until_decided = request_.until_decided;
  rules.judge_every = request_.judge_every;
  rules.live.latch = options_.latch;
  // Somebody is to hear of leaks, too.
  rules.findings = options_.alerts.any();
  return rules;
}

// Ends the command as when the time is over; it alone, which we started.
void RecordSession::on_gate_end(const GateEnd& end) {
  aborted_ = end.aborted;
  log_warning((end.aborted ? "aborted: " : "ended: ") + end.reason);
  if (!time_over_) on_time_over();
}

void RecordSession::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (!child_ || pid != child_->pid().value) continue;
    child_->reaped();
    wait_status_ = status;
    loop_->stop();
  }
}

int RecordSession::end() {
  progress_.reset();
  doors_.reset();  // what they said is drained by finish()
  if (!engine_) return 0;
  RecordOutcome outcome;
  outcome.path = options_.output;
  outcome.quiet = options_.quiet;
  outcome.flags = request_.flags;
  outcome.gates = request_.gates;
  outcome.suppressions = request_.suppressions;
  // Ended by us on request: that is no way of dying.
  if (wait_status_ && time_over_ && !aborted_) wait_status_ = 0;
  outcome.wait_status = wait_status_;
  if (wait_status_) engine_->command_ended(*wait_status_);
  outcome.unmatched = engine_->unmatched_selectors();
  outcome.closed = engine_->finish();
  outcome.progress = engine_->progress();
  outcome.elapsed = clock_.now() - begin_;
  // Clients that go on find nobody here, and keep their marks.
  engine_.reset();
  return tell_outcome(outcome);
}

}  // namespace

int run_record(const RecordRequest& request) {
  RecordSession session(request);
  Status status = session.prepare();
  if (status) status = session.begin();
  if (!status) return report_error("record", status.error());
  status = session.serve();
  const int code = session.end();
  return status ? code : report_error("record", status.error());
}

}  // namespace tidemark
