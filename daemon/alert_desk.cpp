#include "daemon/alert_desk.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/os/child_process.h"
#include "core/os/log.h"
#include "daemon/alert_courier.h"

namespace tidemark {
namespace {

// Of one message: a sentence and two names fit many times.
constexpr size_t kLongest = 32 * 1024;

Status check_targets(const AlertTargets& targets) {
  if (!targets.command.empty()) {
    if (auto program = find_program(targets.command.front()); !program) {
      return fail(ErrorKind::usage,
                  "on_alert: " + std::move(program).error().what);
    }
  }
  const std::string_view url = targets.webhook;
  if (url.empty() || url.starts_with("http://") ||
      url.starts_with("https://")) {
    return {};
  }
  return fail(ErrorKind::usage, fmt::format("webhook: '{}' begins with neither "
                                            "http:// nor https://",
                                            url));
}

// The helper's life: one alert after another until the desk is closed.
[[noreturn]] void serve(UniqueFd socket, const AlertTargets& targets) {
  ::prctl(PR_SET_NAME, "tidemark-alert");
  // The terminal's signal is for the command; what is under way is finished.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  AlertCourier courier(targets);
  std::string message(kLongest, '\0');
  while (true) {
    const ssize_t n = ::recv(socket.get(), message.data(), message.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    courier.carry(std::string_view(message).substr(0, static_cast<size_t>(n)));
  }
  ::_exit(0);
}

}  // namespace

Result<std::unique_ptr<AlertDesk>> AlertDesk::start(AlertTargets targets) {
  TIDEMARK_CHECK(check_targets(targets));
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) !=
      0) {
    return fail_errno("socketpair", errno);
  }
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork", errno);
  if (pid == 0) {
    ours.reset();
    serve(std::move(theirs), targets);
  }
  return std::unique_ptr<AlertDesk>(
      new AlertDesk(Pid{pid}, std::move(ours), 2 * targets.timeout));
}

AlertDesk::~AlertDesk() {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_.value, 0));
  UniqueFd ended(fd);
  socket_.reset();  // the helper reads the end of it
  if (!ended.valid()) return;
  pollfd wait{ended.get(), POLLIN, 0};
  const auto milliseconds = static_cast<int>(patience_.count() / 1'000'000);
  if (::poll(&wait, 1, milliseconds) == 0) {
    log_warning("alerts: the helper did not end in time and was killed");
    ::kill(pid_.value, SIGKILL);
    ::poll(&wait, 1, milliseconds);
  }
  // Somebody who reaps all children may have been faster.
  ::waitpid(pid_.value, nullptr, WNOHANG);
}

void AlertDesk::deliver(const Alert& alert) {
  const std::string message = alert_json(alert);
  if (message.size() <= kLongest &&
      ::send(socket_.get(), message.data(), message.size(),
             MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
    return;
  }
  ++dropped_;
  log_warning("alerts: '" + alert.name + "' was not sent: too many wait");
}

}  // namespace tidemark
