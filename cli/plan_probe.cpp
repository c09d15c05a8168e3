#include "cli/plan_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include "cli/plan_child.h"
#include "core/base/text.h"
#include "core/os/system_clock.h"
#include "core/os/unique_fd.h"

namespace tidemark {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

bool wait_for(int fd, short events, Nanoseconds patience) {
  pollfd wait{fd, events, 0};
  return ::poll(&wait, 1, static_cast<int>(patience.count() / 1'000'000)) > 0;
}

Result<UniqueFd> connect_to(const addrinfo& where, Nanoseconds patience) {
  UniqueFd fd(
      ::socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail_errno("socket", errno);
  if (::connect(fd.get(), where.ai_addr, where.ai_addrlen) == 0) return fd;
  if (errno != EINPROGRESS) return fail_errno("connect", errno);
  if (!wait_for(fd.get(), POLLOUT, patience)) {
    return fail(ErrorKind::io, "connect: no answer in time");
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail_errno("connect", error);
  return fd;
}

Result<UniqueFd> connect_to(const PlanProbe& probe, Nanoseconds patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error =
      ::getaddrinfo(probe.host.c_str(), probe.port.c_str(), &hints, &list);
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  if (error != 0) {
    return fail(ErrorKind::io, probe.host + ": " + ::gai_strerror(error));
  }
  Error last{ErrorKind::io, 0, probe.host + ": no address"};
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    auto fd = connect_to(*at, patience);
    if (fd) return fd;
    last = std::move(fd).error();
  }
  return std::unexpected(std::move(last));
}

// The first line of the answer: "HTTP/1.1 200 OK".
Status ask_http(const PlanProbe& probe, int fd, Nanoseconds patience) {
  const std::string request =
      fmt::format("GET {} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n",
                  probe.path, probe.host);
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return fail_errno("send", errno);
  }
  std::string answer;
  std::array<char, 512> buffer;
  while (answer.find('\n') == answer.npos && answer.size() < 4096) {
    if (!wait_for(fd, POLLIN, patience)) {
      return fail(ErrorKind::io, "no answer in time");
    }
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) break;
    answer.append(buffer.data(), static_cast<size_t>(n));
  }
  const size_t blank = answer.find(' ');
  const auto code = answer.starts_with("HTTP/") && blank != answer.npos
                        ? parse_int(answer.substr(blank + 1, 3))
                        : std::nullopt;
  if (!code) return fail(ErrorKind::io, "what answers does not speak HTTP");
  if (*code < 400) return {};
  return fail(ErrorKind::io, fmt::format("answered with status {}", *code));
}

Status run_probe(const PlanTarget& target, Nanoseconds patience) {
  TIDEMARK_TRY(PlanChild child,
               PlanChild::start({target.healthy.command, target.user,
                                 target.directory, target.environment}));
  const SystemClock clock;
  const BootTime deadline = clock.now() + patience;
  while (!child.ended() && clock.now() < deadline) {
    const Nanoseconds step = std::chrono::milliseconds(10);
    if (child.output_fd() >= 0 && wait_for(child.output_fd(), POLLIN, step)) {
      child.read_output();
    } else if (child.output_fd() < 0) {
      ::poll(nullptr, 0, 10);
    }
  }
  const auto status = child.ended();
  if (!status) {
    return fail(ErrorKind::io,
                target.healthy.command.front() + " did not end in time");
  }
  if (*status == 0) return {};
  return fail(ErrorKind::io,
              fmt::format("{} {}: {}", target.healthy.command.front(),
                          wait_status_text(*status), child.last_words()));
}

}  // namespace

Status probe_target(const PlanTarget& target, Nanoseconds patience) {
  const PlanProbe& probe = target.healthy;
  switch (probe.kind) {
    case PlanProbe::Kind::none: return {};
    case PlanProbe::Kind::command: return run_probe(target, patience);
    case PlanProbe::Kind::tcp:
    case PlanProbe::Kind::http: break;
  }
  TIDEMARK_TRY(const UniqueFd fd, connect_to(probe, patience));
  if (probe.kind == PlanProbe::Kind::tcp) return {};
  return ask_http(probe, fd.get(), patience);
}

}  // namespace tidemark
