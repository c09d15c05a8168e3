#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "cli/doors/door.h"
#include "cli/mark_json.h"
#include "core/os/unique_fd.h"

namespace tidemark {
namespace {

// Datagrams read before other doors have their turn.
constexpr int kAtOnce = 64;

class DatagramDoor final : public Door {
 public:
  DatagramDoor(UniqueFd socket, std::string path, DoorContext context)
      : socket_(std::move(socket)), path_(std::move(path)), context_(context) {}
  ~DatagramDoor() override {
    context_.loop.unwatch(socket_.get());
    ::unlink(path_.c_str());
  }

  Status listen() {
    return context_.loop.watch(socket_.get(), [this] { receive(); });
  }

 private:
  void receive() {
    for (int i = 0; i < kAtOnce; ++i) {
      const ssize_t n = ::recv(socket_.get(), buffer_.data(), buffer_.size(),
                               MSG_DONTWAIT | MSG_TRUNC);
      if (n < 0) return;
      take(static_cast<size_t>(n));
    }
  }
  void take(size_t length) {
    if (length > buffer_.size()) {
      refusals_.tell("a datagram is longer than 8 KiB");
      return;
    }
    const Status said =
        speak_mark_text({buffer_.data(), length}, context_.session);
    if (!said) refusals_.tell(said.error().what);
  }

  UniqueFd socket_;
  std::string path_;
  DoorContext context_;
  Refusals refusals_{"datagram"};
  std::array<char, kLongestMarkText> buffer_;
};

// A socket file that nobody reads any more is in the way; anything else is not
// ours to remove.
Status clear_place(const sockaddr_un& address, const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return {};
  const UniqueFd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const bool dead =
      S_ISSOCK(status.st_mode) &&
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
                sizeof address) != 0 &&
      errno == ECONNREFUSED;
  if (!dead) {
    return fail(ErrorKind::usage, path + ": exists already; name another");
  }
  ::unlink(path.c_str());
  return {};
}

}  // namespace

Result<std::unique_ptr<Door>> open_datagram_door(const std::string& path,
                                                 DoorContext context) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::usage, path + ": no path of 1 to 107 bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  TIDEMARK_CHECK(clear_place(address, path));
  UniqueFd socket(
      ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return fail_errno("socket", errno);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address),
             sizeof address) != 0) {
    return fail_errno("bind " + path, errno);
  }
  auto door = std::make_unique<DatagramDoor>(std::move(socket), path, context);
  TIDEMARK_CHECK(door->listen());
  return std::unique_ptr<Door>(std::move(door));
}

}  // namespace tidemark
