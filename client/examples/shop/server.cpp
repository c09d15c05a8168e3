#include "server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <unordered_map>

#include "http.h"

namespace shop {
namespace {

int listen_on(uint16_t port) {
  const int fd =
      ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(fd, where, sizeof address) == 0 && ::listen(fd, 1024) == 0) {
    return fd;
  }
  const int saved = errno;
  ::close(fd);
  errno = saved;
  return -1;
}

uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

struct Connection {
  uint64_t visitor = 0;
  std::string in;
  std::string out;
  size_t sent = 0;
  bool closing = false;  // after `out` was sent
};

}  // namespace

class Server::Worker {
 public:
  Worker(Server& server, int listener)
      : server_(server),
        listener_(listener),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    watch(listener_, EPOLLIN);
    watch(wake_, EPOLLIN);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    while (!connections_.empty()) drop(connections_.begin()->first);
    for (const int fd : {listener_, epoll_, wake_}) ::close(fd);
  }

  void run() {
    std::array<epoll_event, 64> events;
    while (!stopped_) {
      const int n = ::epoll_wait(epoll_, events.data(),
                                 static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; ++i) {
        on_event(events[static_cast<size_t>(i)].data.fd);
      }
    }
  }
  void stop() {
    stopped_ = true;
    const uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
  }

 private:
  void watch(int fd, uint32_t wanted) {
    epoll_event event{};
    event.events = wanted;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void on_event(int fd) {
    if (fd == wake_) return;
    if (fd == listener_) {
      accept_all();
    } else if (const auto it = connections_.find(fd);
               it != connections_.end()) {
      if (!serve(fd, it->second)) drop(fd);
    }
  }

  void accept_all() {
    while (true) {
      const int fd =
          ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[fd].visitor = server_.visitors_++;
      ++server_.active_;
      watch(fd, EPOLLIN | EPOLLOUT | EPOLLET);
    }
  }

  void drop(int fd) {
    ::close(fd);
    connections_.erase(fd);
    --server_.active_;
  }

  // False: the connection is to be closed.
  bool serve(int fd, Connection& connection) {
    while (true) {
      if (!flush(fd, connection)) return false;
      if (connection.sent < connection.out.size()) return true;
      if (connection.closing) return false;
      std::array<char, 16384> buffer;
      const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (n == 0) return false;
      if (n < 0) return errno == EAGAIN || errno == EINTR;
      connection.in.append(buffer.data(), static_cast<size_t>(n));
      answer(connection);
    }
  }

  void answer(Connection& connection) {
    size_t done = 0;
    while (!connection.closing) {
      Request request;
      size_t size = 0;
      const auto rest = std::string_view(connection.in).substr(done);
      const Parsed parsed = parse_request(rest, request, size);
      if (parsed == Parsed::incomplete) break;
      if (parsed == Parsed::malformed) {
        connection.closing = true;
        append_response({400, "{\"error\":\"bad request\"}"}, false,
                        connection.out);
        break;
      }
      connection.closing = !request.keep_alive;
      append_response(server_.shop_.serve(request, connection.visitor),
                      request.keep_alive, connection.out);
      done += size;
    }
    connection.in.erase(0, done);
  }

  static bool flush(int fd, Connection& connection) {
    while (connection.sent < connection.out.size()) {
      const ssize_t n =
          ::send(fd, connection.out.data() + connection.sent,
                 connection.out.size() - connection.sent, MSG_NOSIGNAL);
      if (n < 0) return errno == EAGAIN || errno == EINTR;
      connection.sent += static_cast<size_t>(n);
    }
    connection.out.clear();
    connection.sent = 0;
    return true;
  }

  Server& server_;
  int listener_;
  int epoll_;
  int wake_;
  std::atomic<bool> stopped_ = false;
  std::unordered_map<int, Connection> connections_;
};

Server::Server(Shop& shop, const tidemark::Session& session)
    : shop_(shop), active_(session, "active_connections") {}

Server::~Server() { stop(); }

bool Server::start(uint16_t port, unsigned threads) {
  port_ = port;
  for (unsigned i = 0; i < threads; ++i) {
    const int listener = listen_on(port_);
    if (listener < 0) return false;
    port_ = port_of(listener);
    workers_.push_back(std::make_unique<Worker>(*this, listener));
  }
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker = *worker] { worker.run(); });
  }
  return true;
}

void Server::stop() {
  for (const auto& worker : workers_) worker->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  workers_.clear();
}

}  // namespace shop
