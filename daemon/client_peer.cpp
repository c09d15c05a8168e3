#include "daemon/client_peer.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "client/heap/heap_channel.h"
#include "core/os/file.h"
#include "daemon/procfs/process_stat.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77  // Linux 6.5
#endif

namespace tidemark {
namespace {

constexpr int64_t kTicksPerSecond = 100;  // USER_HZ, fixed on x86 and arm64
constexpr int64_t kNsPerSecond = 1'000'000'000;

UniqueFd peer_pidfd(int socket) {
  int fd = -1;
  socklen_t size = sizeof fd;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) != 0) {
    return {};  // before 6.5, or the peer was reaped
  }
  return UniqueFd(fd);
}

// Reaped: its pid may already name somebody else. A zombie still has it.
bool is_reaped(int pidfd) {
  return ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) != 0 &&
         errno == ESRCH;
}

int64_t read_boot_offset(const Roots& roots, const std::string& process) {
  std::string buffer;
  const auto text =
      read_file(roots.proc + "/" + process + "/timens_offsets", buffer);
  return text ? parse_boot_offset(*text) : 0;
}

void read_process(const Roots& roots, int socket, ClientPeer& peer) {
  const std::string pid = std::to_string(peer.process.pid.value);
  const UniqueFd pidfd = peer_pidfd(socket);
  std::string buffer;
  const auto text = read_file(roots.proc + "/" + pid + "/stat", buffer);
  if (!text) return;
  const auto stat = procfs::parse_process_stat(*text);
  if (!stat) return;
  const int64_t offset =
      read_boot_offset(roots, pid) - read_boot_offset(roots, "self");
  if (pidfd.valid() && is_reaped(pidfd.get())) return;
  peer.process.start_ticks = stat->start_ticks;
  peer.parent = stat->parent;
  peer.comm = std::string(stat->comm);
  peer.boot_offset_ns = offset;
  peer.started = boot_time(static_cast<int64_t>(stat->start_ticks) *
                           (kNsPerSecond / kTicksPerSecond));
}

// Takes the first descriptor of a message and closes all others.
UniqueFd take_descriptor(msghdr& message, size_t& count) {
  UniqueFd first;
  count = 0;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr;
       c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < n; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
      UniqueFd owned(fd);
      if (count++ == 0) first = std::move(owned);
    }
  }
  return first;
}

std::unexpected<Error> broken(const char* rule) {
  return fail(ErrorKind::malformed, rule);
}

Status check_hello(const tidemark_hello& hello, size_t size, int flags) {
  if ((flags & MSG_CTRUNC) != 0) return broken("too many descriptors in HELLO");
  if (size != sizeof hello || (flags & MSG_TRUNC) != 0 ||
      hello.magic != TIDEMARK_CHANNEL_MAGIC) {
    return broken("first packet is no HELLO");
  }
  if (hello.major != TIDEMARK_CHANNEL_MAJOR) {
    return broken("channel of another major version");
  }
  const bool heap = (hello.flags & TIDEMARK_HELLO_HEAP) != 0;
  if (hello.segment_bytes !=
      (heap ? TIDEMARK_HEAP_SEGMENT_BYTES : TIDEMARK_SEGMENT_BYTES)) {
    return broken("HELLO names a wrong segment size");
  }
  if (hello.name_length >= TIDEMARK_NAME_BYTES) {
    return broken("HELLO names a wrong name length");
  }
  return {};
}

}  // namespace

int64_t parse_boot_offset(std::string_view text) {
  const size_t at = text.find("boottime");
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + 8);
  std::array<int64_t, 2> parts{};  // seconds, nanoseconds
  for (int64_t& part : parts) {
    const size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return 0;
    text.remove_prefix(begin);
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc()) return 0;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
  }
  // The kernel allows about 146 years; keep clear of overflow.
  if (parts[0] > 4'000'000'000 || parts[0] < -4'000'000'000) return 0;
  return parts[0] * kNsPerSecond + parts[1];
}

Result<ClientPeer> read_credentials(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return fail_errno("SO_PEERCRED", errno);
  }
  ClientPeer peer;
  peer.uid = credentials.uid;
  peer.process.pid = Pid{credentials.pid};
  return peer;
}

ClientPeer identify_peer(int socket, const Roots& roots, ClientPeer peer) {
  // 0: a pid namespace that is not below ours.
  if (peer.process.pid.value > 0) read_process(roots, socket, peer);
  return peer;
}

Result<ClientHello> receive_hello(int socket, Received& got) {
  tidemark_hello hello{};
  // Room for one more than is allowed, so that two are seen and closed.
  alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
  iovec data{&hello, sizeof hello};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t n =
      ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0) {
    got = errno == EAGAIN || errno == EINTR ? Received::nothing
                                            : Received::closed;
    return ClientHello{};
  }
  size_t descriptors = 0;
  UniqueFd segment = take_descriptor(message, descriptors);
  got = n == 0 && descriptors == 0 ? Received::closed : Received::packet;
  if (got == Received::closed) return ClientHello{};
  TIDEMARK_CHECK(check_hello(hello, static_cast<size_t>(n), message.msg_flags));
  if (descriptors != 1) return broken("HELLO must carry one descriptor");
  return ClientHello{std::string(hello.name, hello.name_length),
                     (hello.flags & TIDEMARK_HELLO_DETACHED) != 0,
                     (hello.flags & TIDEMARK_HELLO_HEAP) != 0,
                     std::move(segment)};
}

Result<Received> receive_goodbye(int socket) {
  tidemark_goodbye goodbye{};
  iovec data{&goodbye, sizeof goodbye};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;  // no room for descriptors: the kernel drops them
  const ssize_t n = ::recvmsg(socket, &message, MSG_DONTWAIT);
  if (n < 0) {
    return errno == EAGAIN || errno == EINTR ? Received::nothing
                                             : Received::closed;
  }
  if ((message.msg_flags & MSG_CTRUNC) != 0) {
    return broken("descriptors after HELLO");
  }
  if (n == 0) return Received::closed;
  if (n != sizeof goodbye || (message.msg_flags & MSG_TRUNC) != 0 ||
      goodbye.magic != TIDEMARK_CHANNEL_MAGIC) {
    return broken("unknown packet after HELLO");
  }
  return Received::packet;
}

}  // namespace tidemark
