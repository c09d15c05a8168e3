#include "daemon/control_desk.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

namespace tidemark {
namespace {

constexpr int kEventsAtOnce = 16;
constexpr size_t kPacket = 32 << 10;
constexpr Nanoseconds kSecond = std::chrono::seconds(1);

Status watch(int epoll, int fd, uint64_t id) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.u64 = id;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0) return {};
  return fail_errno("epoll_ctl", errno);
}

// The next word as a number from 1 on.
std::optional<int64_t> take_number(std::string_view& text) {
  int64_t value = 0;
  if (text.empty() || text.front() != ' ') return std::nullopt;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 1, end, value);
  if (error != std::errc() || value <= 0) return std::nullopt;
  text = {rest, static_cast<size_t>(end - rest)};
  return value;
}

}  // namespace

Result<ControlRequest> parse_control_request(std::string_view text) {
  constexpr std::string_view kTrace = "trace";
  const auto malformed = [] {
    return fail(ErrorKind::malformed, "understood is: trace PID NANOSECONDS");
  };
  if (!text.starts_with(kTrace)) return malformed();
  text.remove_prefix(kTrace.size());
  const auto pid = take_number(text);
  const auto length = take_number(text);
  if (!pid || !length || !text.empty() || *pid > INT32_MAX) return malformed();
  if (Nanoseconds(*length) > ControlDesk::kLongest) {
    return fail(ErrorKind::usage, "no longer than 1 hour");
  }
  ControlRequest request;
  request.pid = Pid{static_cast<int32_t>(*pid)};
  request.length = Nanoseconds(*length);
  return request;
}

Result<std::unique_ptr<ControlDesk>> ControlDesk::open(
    const std::string& path) {
  TIDEMARK_TRY(auto listener, ClientListener::open(path));
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return fail_errno("epoll_create1", errno);
  TIDEMARK_CHECK(watch(epoll.get(), listener.fd(), 0));
  return std::unique_ptr<ControlDesk>(
      new ControlDesk(std::move(listener), std::move(epoll)));
}

void ControlDesk::service(BootTime now) {
  expire(now);
  std::array<epoll_event, kEventsAtOnce> ready{};
  const int n = ::epoll_wait(epoll_.get(), ready.data(), kEventsAtOnce, 0);
  for (int i = 0; i < n; ++i) {
    const uint64_t id = ready[static_cast<size_t>(i)].data.u64;
    if (id == 0) {
      accept_all(now);
    } else if (connections_.contains(id)) {
      read(id, now);
    }
  }
}

bool ControlDesk::has_room(uid_t user) const {
  const auto same = std::ranges::count_if(
      connections_,
      [user](const auto& each) { return each.second.peer.uid == user; });
  return connections_.size() < kMostConnections &&
         static_cast<size_t>(same) < kMostOfUser;
}

// So many at once: whoever floods must not keep the loop from its ticks.
void ControlDesk::accept_all(BootTime now) {
  for (int i = 0; i < kEventsAtOnce; ++i) {
    UniqueFd socket = listener_.accept();
    if (!socket.valid()) return;
    const auto peer = identify_control_peer(socket.get());
    if (!peer || !has_room(peer->uid)) {
      ++refused_;
      continue;
    }
    const uint64_t id = next_id_++;
    if (!watch(epoll_.get(), socket.get(), id)) continue;
    connections_.emplace(
        id, Connection{std::move(socket), *peer, now + kPatience, false});
    read(id, now);  // the request mostly is there already
  }
}

bool ControlDesk::asks_too_often(uid_t user, BootTime now) {
  std::erase_if(rates_, [now](const auto& each) {
    return now - each.second.begin >= kSecond;
  });
  Rate& rate = rates_.try_emplace(user, Rate{now, 0}).first->second;
  return ++rate.asked > kMostAsked;
}

void ControlDesk::read(uint64_t id, BootTime now) {
  Connection& connection = connections_.at(id);
  std::array<char, kMostBytes + 1> text{};
  const ssize_t n =
      ::recv(connection.socket.get(), text.data(), text.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    connections_.erase(id);
    return;
  }
  if (std::exchange(connection.asked, true)) {
    ++refused_;
    return refuse(id, "one request to a connection");
  }
  if (asks_too_often(connection.peer.uid, now)) {
    ++refused_;
    return refuse(id, "too many requests; try again later");
  }
  auto request = parse_control_request({text.data(), static_cast<size_t>(n)});
  if (!request) {
    ++refused_;
    return refuse(id, request.error().what);
  }
  request->connection = id;
  request->peer = connection.peer;
  requests_.push_back(*request);
}

void ControlDesk::expire(BootTime now) {
  refused_ += std::erase_if(connections_, [now](const auto& each) {
    return !each.second.asked && each.second.deadline <= now;
  });
}

std::vector<ControlRequest> ControlDesk::take() {
  return std::exchange(requests_, {});
}

void ControlDesk::send(uint64_t id, char kind, std::string_view text) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  std::string packet(1, kind);
  packet += text;
  const ssize_t n = ::send(found->second.socket.get(), packet.data(),
                           packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0) connections_.erase(found);
}

void ControlDesk::tell(uint64_t connection, std::string_view text) {
  while (!text.empty()) {
    send(connection, '+', text.substr(0, kPacket));
    text.remove_prefix(std::min(text.size(), kPacket));
  }
}

void ControlDesk::finish(uint64_t connection) {
  send(connection, '.', "");
  connections_.erase(connection);
}

void ControlDesk::refuse(uint64_t connection, std::string_view why) {
  send(connection, '-', why);
  connections_.erase(connection);
}

}  // namespace tidemark
