// The daemon's control socket: anybody on the host may connect, ask one thing,
// and is answered in text. On the loop's thread; never waits for a peer.
//
//   peer -> daemon  one packet: "trace PID NANOSECONDS"
//   daemon -> peer  packets: '+' and text, any number; then '.', or '-' and
//                   why not; then the end of the connection
//
// Peers are untrusted: what they send is short and checked, how many they are
// and how often they ask is bounded by user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"
#include "daemon/client_listener.h"
#include "daemon/control_peer.h"

namespace tidemark {

// What is asked.
struct ControlRequest {
  uint64_t connection = 0;
  ControlPeer peer;
  Pid pid;
  Nanoseconds length{0};
};

// Error malformed: what is understood.
Result<ControlRequest> parse_control_request(std::string_view text);

class ControlDesk {
 public:
  static constexpr size_t kMostBytes = 256;  // of a request
  static constexpr size_t kMostConnections = 32;
  static constexpr size_t kMostOfUser = 8;
  // Requests of one user in a second; others are refused.
  static constexpr uint32_t kMostAsked = 10;
  // Who connects and says nothing.
  static constexpr Nanoseconds kPatience{2'000'000'000};
  static constexpr Nanoseconds kLongest = std::chrono::hours(1);

  // Errors: those of ClientListener::open.
  static Result<std::unique_ptr<ControlDesk>> open(const std::string& path);

  // Readable when service() has something to do.
  int fd() const { return epoll_.get(); }
  // Accepts, reads, notices ends; who asks is in take().
  void service(BootTime now);
  std::vector<ControlRequest> take();
  // The peer waits for its answer still.
  bool waits(uint64_t connection) const {
    return connections_.contains(connection);
  }
  // Nothing when the peer is gone. What it does not take at once is lost, and
  // its connection with it.
  void tell(uint64_t connection, std::string_view text);
  void finish(uint64_t connection);
  void refuse(uint64_t connection, std::string_view why);
  // Who was let go: over a limit, silent, or not understood.
  uint64_t refused() const { return refused_; }

 private:
  struct Connection {
    UniqueFd socket;
    ControlPeer peer;
    BootTime deadline;
    bool asked = false;
  };
  struct Rate {
    BootTime begin;
    uint32_t asked = 0;
  };

  ControlDesk(ClientListener listener, UniqueFd epoll)
      : listener_(std::move(listener)), epoll_(std::move(epoll)) {}
  void accept_all(BootTime now);
  bool has_room(uid_t user) const;
  bool asks_too_often(uid_t user, BootTime now);
  void read(uint64_t id, BootTime now);
  void expire(BootTime now);
  void send(uint64_t id, char kind, std::string_view text);

  ClientListener listener_;
  UniqueFd epoll_;
  std::map<uint64_t, Connection> connections_;
  std::map<uid_t, Rate> rates_;
  std::vector<ControlRequest> requests_;
  uint64_t next_id_ = 1;  // 0: the listener
  uint64_t refused_ = 0;
};

}  // namespace tidemark
