#include "cli/control_client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "core/os/unique_fd.h"

namespace tidemark {
namespace {

constexpr size_t kLargestPacket = 64 << 10;

Result<UniqueFd> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::not_found, path + ": too long for a socket");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail_errno("socket", errno);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof address) != 0) {
    Error error = fail_errno(path, errno).error();
    error.kind = ErrorKind::not_found;
    return std::unexpected(std::move(error));
  }
  return fd;
}

}  // namespace

std::string control_socket() {
  const char* clients = std::getenv("TIDEMARK_SOCKET");
  const std::filesystem::path path(clients != nullptr && *clients != '\0'
                                       ? clients
                                       : "/run/tidemark/client.sock");
  return std::filesystem::path(path).replace_filename("control.sock");
}

Status ask_for_trace(const std::string& socket, Pid process, Nanoseconds length,
                     const std::function<void(std::string_view)>& say) {
  TIDEMARK_TRY(const UniqueFd fd, connect_to(socket));
  const std::string request = "trace " + std::to_string(process.value) + " " +
                              std::to_string(length.count());
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    return fail_errno(socket, errno);
  }
  std::vector<char> packet(kLargestPacket);
  while (true) {
    const ssize_t n = ::recv(fd.get(), packet.data(), packet.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(ErrorKind::gone, socket + ": the daemon ended");
    const std::string_view text(packet.data() + 1, static_cast<size_t>(n) - 1);
    if (packet[0] == '.') return {};
    if (packet[0] == '-') return fail(ErrorKind::usage, std::string(text));
    say(text);
  }
}

}  // namespace tidemark
