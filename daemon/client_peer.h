// Who is at the other end of a client's socket, told by the kernel, and what
// it says first.
#pragma once

#include <cstdint>
#include <string>

#include "client/channel.h"
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"
#include "daemon/collector.h"

namespace tidemark {

struct ClientPeer {
  // SO_PEERCRED (unix(7)) with the start time of /proc/PID/stat, which is
  // trusted only while the peer's pidfd says that it still lives. start 0:
  // it had ended already, or is not visible from here (pid 0).
  ProcessKey process;
  Pid parent;
  std::string comm;
  uint32_t uid = 0;
  // Its CLOCK_BOOTTIME minus ours, in ns: time_namespaces(7).
  int64_t boot_offset_ns = 0;
  // On our clock; 0 when unknown.
  BootTime started;
};

// Its pid and uid alone, by one call: enough to turn a flooder away. Error:
// the socket has no peer credentials any more.
Result<ClientPeer> read_credentials(int socket);
// The rest of it, from /proc.
ClientPeer identify_peer(int socket, const Roots& roots, ClientPeer peer);

// The boottime line of /proc/PID/timens_offsets in ns; 0 without one.
int64_t parse_boot_offset(std::string_view text);

struct ClientHello {
  std::string name;
  bool detached = false;
  bool heap = false;  // the segment is client/heap/heap_channel.h's
  UniqueFd segment;
};

// What one receive on a client's socket gave.
enum class Received : uint8_t { nothing, closed, packet };

// Takes HELLO. Error malformed: the rule broken; every descriptor that came
// along is closed. `got` is `nothing` when none has come yet.
Result<ClientHello> receive_hello(int socket, Received& got);
// After HELLO only a goodbye may come. Error malformed otherwise.
Result<Received> receive_goodbye(int socket);

}  // namespace tidemark
