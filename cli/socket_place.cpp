#include "cli/socket_place.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "core/os/unique_fd.h"

namespace tidemark {
namespace {

bool is_served(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const UniqueFd fd(
      ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return false;
  // EAGAIN: a listener whose queue is full.
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof address) == 0 ||
         errno == EAGAIN;
}

const char* private_root() {
  for (const char* name : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    const char* folder = std::getenv(name);
    if (folder != nullptr && *folder == '/' && ::access(folder, W_OK) == 0) {
      return folder;
    }
  }
  return "/tmp";
}

}  // namespace

Result<SocketPlace> SocketPlace::choose(const std::string& wanted,
                                        bool inherited) {
  if (wanted.empty() || (inherited && is_served(wanted))) {
    return make_private();
  }
  std::error_code error;
  SocketPlace place;
  place.path_ = std::filesystem::absolute(wanted, error).string();
  if (error) return fail_errno(wanted, error.value());
  return place;
}

Result<SocketPlace> SocketPlace::make_private() {
  std::string folder = std::string(private_root()) + "/tidemark-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return fail_errno(folder, errno);
  // Programs of other users below the command connect too; nobody can list it.
  if (::chmod(folder.c_str(), 0711) != 0) return fail_errno(folder, errno);
  SocketPlace place;
  place.folder_ = folder;
  place.path_ = folder + "/client.sock";
  return place;
}

SocketPlace::~SocketPlace() {
  if (folder_.empty()) return;
  ::unlink(path_.c_str());
  ::rmdir(folder_.c_str());
}

}  // namespace tidemark
