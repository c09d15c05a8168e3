// Whom the control socket obeys, by what the kernel says of the peer.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "daemon/collector.h"

namespace tidemark {

struct ControlPeer {
  Pid pid;
  uid_t uid = 0;
  // Root, the daemon's own user, or one in the group: any process is his.
  bool trusted = false;
};

// The group whose members may ask about everybody's processes.
inline constexpr const char* kControlGroup = "tidemark";

// By SO_PEERCRED and SO_PEERGROUPS (unix(7), socket(7)): as the peer was when
// it connected. Error: it has no credentials any more.
Result<ControlPeer> identify_control_peer(int socket);

// Whether the groups of a peer have the group; `group`: -1 = there is none.
bool is_member(const std::vector<gid_t>& groups, int64_t group);

// Whether the peer may ask about the process: a trusted one about all, others
// about their own. Error: gone; permission, with the rule.
Status may_ask_about(const ControlPeer& peer, const Roots& roots,
                     ProcessKey process);

// Own means: real, effective, saved and file system id are the user's, as
// /proc/PID/status has them; and `owner`, of /proc/PID, too: it is root's where
// the program may not be looked into (prctl(2), PR_SET_DUMPABLE).
bool is_own_process(std::string_view status, uid_t owner, uid_t user);

}  // namespace tidemark
