#include "daemon/control_peer.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "daemon/procfs/process_directory.h"
#include "daemon/procfs/text_cursor.h"

namespace tidemark {
namespace {

constexpr size_t kMostGroups = 65536;  // NGROUPS_MAX of the kernel

std::vector<gid_t> groups_of(int socket) {
  std::vector<gid_t> groups(64);
  auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  int error =
      ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  if (error != 0 && errno == ERANGE && size / sizeof(gid_t) <= kMostGroups) {
    groups.resize(size / sizeof(gid_t));
    error =
        ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  }
  groups.resize(error == 0 ? size / sizeof(gid_t) : 0);
  return groups;
}

int64_t control_group() {
  group entry{};
  group* found = nullptr;
  std::array<char, 16384> text{};
  ::getgrnam_r(kControlGroup, &entry, text.data(), text.size(), &found);
  return found == nullptr ? -1 : int64_t{found->gr_gid};
}

}  // namespace

bool is_member(const std::vector<gid_t>& groups, int64_t group) {
  return group >= 0 &&
         std::ranges::find(groups, static_cast<gid_t>(group)) != groups.end();
}

Result<ControlPeer> identify_control_peer(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return fail_errno("SO_PEERCRED", errno);
  }
  ControlPeer peer{Pid{credentials.pid}, credentials.uid, false};
  peer.trusted = peer.uid == 0 || peer.uid == ::geteuid();
  if (peer.trusted) return peer;
  std::vector<gid_t> groups = groups_of(socket);
  groups.push_back(credentials.gid);
  peer.trusted = is_member(groups, control_group());
  return peer;
}

bool is_own_process(std::string_view status, uid_t owner, uid_t user) {
  if (owner != user) return false;
  for (procfs::TextCursor lines(status); !lines.at_end();) {
    const std::string_view line = lines.line();
    if (!line.starts_with("Uid:")) continue;
    procfs::NumberReader ids(line.substr(4));
    bool own = true;
    for (int i = 0; i < 4; ++i) own &= ids.next() == int64_t{user};
    return own && ids.ok();
  }
  return false;
}

Status may_ask_about(const ControlPeer& peer, const Roots& roots,
                     ProcessKey process) {
  TIDEMARK_TRY(const auto directory,
               procfs::ProcessDirectory::open(roots.proc, process));
  if (peer.trusted) return {};
  struct stat owner{};
  if (::fstat(directory.fd(), &owner) != 0) return fail_errno("/proc", errno);
  std::string buffer;
  TIDEMARK_TRY(const auto status, directory.read("status", buffer, 1u << 20));
  if (is_own_process(status, owner.st_uid, peer.uid)) return {};
  return fail(ErrorKind::permission,
              std::to_string(process.pid.value) +
                  ": another user's process; those in the group " +
                  kControlGroup + " may ask about all");
}

}  // namespace tidemark
