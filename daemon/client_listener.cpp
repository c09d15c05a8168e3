#include "daemon/client_listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tidemark {
namespace {

constexpr int kBacklog = 256;
constexpr int kFlags = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;

Result<sockaddr_un> make_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::usage,
                "socket path must have 1 to 107 bytes: " + path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* as_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

bool is_alive(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, kFlags, 0));
  if (::connect(probe.get(), as_sockaddr(address), sizeof address) == 0) {
    return true;
  }
  return errno != ECONNREFUSED && errno != ENOENT;
}

bool is_socket(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

Status bind_path(int fd, const sockaddr_un& address, const std::string& path) {
  if (::bind(fd, as_sockaddr(address), sizeof address) == 0) return {};
  if (errno != EADDRINUSE) return fail_errno("bind " + path, errno);
  if (!is_socket(path)) {
    return fail(ErrorKind::io, path + " exists and is no socket");
  }
  if (is_alive(address)) {
    return fail(ErrorKind::full, "another daemon listens on " + path);
  }
  ::unlink(path.c_str());
  if (::bind(fd, as_sockaddr(address), sizeof address) == 0) return {};
  return fail_errno("bind " + path, errno);
}

}  // namespace

Result<ClientListener> ClientListener::open(const std::string& path) {
  TIDEMARK_TRY(const sockaddr_un address, make_address(path));
  UniqueFd fd(::socket(AF_UNIX, kFlags, 0));
  if (!fd.valid()) return fail_errno("socket", errno);
  TIDEMARK_CHECK(bind_path(fd.get(), address, path));
  ClientListener listener(std::move(fd), path);
  if (::chmod(path.c_str(), 0666) != 0) {
    return fail_errno("chmod " + path, errno);
  }
  if (::listen(listener.fd(), kBacklog) != 0) {
    return fail_errno("listen " + path, errno);
  }
  return listener;
}

Result<ClientListener> ClientListener::adopt(int fd) {
  UniqueFd owned(fd);
  int type = 0;
  int listening = 0;
  socklen_t size = sizeof type;
  const bool ok =
      ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
      type == SOCK_SEQPACKET &&
      ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 &&
      listening != 0;
  if (!ok) {
    return fail(ErrorKind::usage,
                "the inherited descriptor is no listening SOCK_SEQPACKET");
  }
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return ClientListener(std::move(owned), "");
}

ClientListener::~ClientListener() {
  if (fd_.valid() && !path_.empty()) ::unlink(path_.c_str());
}

}  // namespace tidemark
