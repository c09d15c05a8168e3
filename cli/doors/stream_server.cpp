#include "cli/doors/stream_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

namespace tidemark {
namespace {

constexpr Nanoseconds kTime = std::chrono::milliseconds(100);

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

Result<uint16_t> parse_port(std::string_view text, const std::string& where) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || at != end) {
    return fail(ErrorKind::usage, where + ": not PORT or 127.0.0.1:PORT");
  }
  return port;
}

Address loopback4(uint16_t port) {
  Address address;
  auto* four = reinterpret_cast<sockaddr_in*>(&address.storage);
  four->sin_family = AF_INET;
  four->sin_port = htons(port);
  four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.length = sizeof *four;
  return address;
}

Address loopback6(uint16_t port) {
  Address address;
  auto* six = reinterpret_cast<sockaddr_in6*>(&address.storage);
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  six->sin6_addr = in6addr_loopback;
  address.length = sizeof *six;
  return address;
}

// Whoever may talk to it may write marks: nobody from outside of this host.
Result<Address> parse_address(const std::string& where) {
  const size_t colon = where.rfind(':');
  const std::string host =
      colon == std::string::npos ? "" : where.substr(0, colon);
  TIDEMARK_TRY(const uint16_t port,
               parse_port(std::string_view(where).substr(
                              colon == std::string::npos ? 0 : colon + 1),
                          where));
  if (host == "[::1]") return loopback6(port);
  if (host.empty() || host == "127.0.0.1" || host == "localhost") {
    return loopback4(port);
  }
  return fail(ErrorKind::usage,
              where +
                  ": only the loopback addresses 127.0.0.1 and [::1] are "
                  "listened on; forward the port to reach it from elsewhere");
}

}  // namespace

Result<std::unique_ptr<StreamServer>> StreamServer::open(
    const std::string& where, EventLoop& loop, StreamLimits limits,
    Factory factory) {
  std::unique_ptr<StreamServer> server(
      new StreamServer(loop, limits, std::move(factory)));
  TIDEMARK_CHECK(server->listen(where));
  TIDEMARK_TRY(server->timer_,
               loop.add_timer([raw = server.get()] { raw->on_time(); }));
  TIDEMARK_CHECK(loop.arm(server->timer_, server->clock_.now() + kTime));
  return server;
}

StreamServer::~StreamServer() {
  for (const auto& [fd, connection] : connections_) loop_.unwatch(fd);
  if (listener_.valid()) loop_.unwatch(listener_.get());
}

Status StreamServer::listen(const std::string& where) {
  TIDEMARK_TRY(Address address, parse_address(where));
  listener_ = UniqueFd(::socket(address.storage.ss_family,
                                SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener_.valid()) return fail_errno("socket", errno);
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto* raw = reinterpret_cast<sockaddr*>(&address.storage);
  if (::bind(listener_.get(), raw, address.length) != 0 ||
      ::listen(listener_.get(), 64) != 0) {
    return fail_errno("listen on " + where, errno);
  }
  ::getsockname(listener_.get(), raw, &address.length);
  // The port lies at the same place in both kinds of address.
  port_ = ntohs(reinterpret_cast<const sockaddr_in*>(raw)->sin_port);
  return loop_.watch(listener_.get(), [this] { accept(); });
}

void StreamServer::accept() {
  while (true) {
    UniqueFd socket = acceptor_.accept(listener_.get());
    if (!socket.valid()) return;
    if (connections_.size() >= limits_.connections) continue;  // closes it
    const int fd = socket.get();
    if (!loop_.watch(fd, [this, fd] { read(fd); })) continue;
    connections_.emplace(
        fd, Connection{std::move(socket), factory_(), "", "", clock_.now()});
  }
}

void StreamServer::read(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  std::array<char, 16384> buffer;
  const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    close(fd);
    return;
  }
  connection.last = clock_.now();
  connection.in.append(buffer.data(), static_cast<size_t>(n));
  const bool goes_on =
      connection.handler->on_bytes(connection.in, connection.out) &&
      connection.in.size() <= limits_.input_bytes;
  if (!send(connection) || !goes_on) close(fd);
}

// A peer that lets its receive buffer fill is not waited for.
bool StreamServer::send(Connection& connection) {
  std::string& out = connection.out;
  if (out.empty()) return true;
  const ssize_t n = ::send(connection.socket.get(), out.data(), out.size(),
                           MSG_NOSIGNAL | MSG_DONTWAIT);
  const bool all = n >= 0 && std::cmp_equal(n, out.size());
  out.clear();
  return all;
}

void StreamServer::on_time() {
  const BootTime now = clock_.now();
  std::vector<int> over;
  for (auto& [fd, connection] : connections_) {
    const bool idle =
        now - connection.last > limits_.idle && !connection.handler->busy();
    const bool goes_on = connection.handler->on_time(now, connection.out);
    if (idle || !send(connection) || !goes_on) over.push_back(fd);
  }
  for (const int fd : over) close(fd);
  // Cannot fail for a timer that is ours.
  (void)loop_.arm(timer_, now + kTime);
}

void StreamServer::close(int fd) {
  loop_.unwatch(fd);
  connections_.erase(fd);
}

}  // namespace tidemark
