// One client as its host keeps it: who it is, its segment, how far its lanes
// were read, and its allowance.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/model/event.h"
#include "daemon/client_figures.h"
#include "daemon/client_host.h"
#include "daemon/client_lane.h"
#include "daemon/client_notices.h"
#include "daemon/client_peer.h"
#include "daemon/client_segment.h"

namespace tidemark {

// So many marks per second, and twice that at once.
class MarkAllowance {
 public:
  MarkAllowance(uint32_t per_second, BootTime now)
      : per_second_(per_second), tokens_(2.0 * per_second), last_(now) {}

  size_t available(BootTime now) {
    const double earned = to_seconds(now - last_) * per_second_;
    tokens_ = std::min(tokens_ + std::max(earned, 0.0), 2.0 * per_second_);
    last_ = now;
    return static_cast<size_t>(std::max(tokens_, 0.0));
  }
  void spend(size_t marks) { tokens_ -= static_cast<double>(marks); }

 private:
  double per_second_;
  double tokens_;
  BootTime last_;
};

using LanePositions = std::array<uint64_t, ClientSegment::kLanes>;

class ClientConnection {
 public:
  enum class State : uint8_t {
    live,
    ending,   // it hung up; marks may still be in its lanes
    drained,  // its last figures are to be sampled
    sampled,  // nothing more will come
  };
  // One drain's workspace, shared by all clients.
  struct Workspace {
    std::vector<tidemark_record> records =
        std::vector<tidemark_record>(ClientSegment::kRecords);
    std::vector<RawMark> marks;
  };

  ClientConnection(ClientInfo info, const ClientPeer& peer,
                   std::shared_ptr<ClientSegment> segment, UniqueFd socket,
                   MarkAllowance allowance, BootTime now);

  // Where reading begins: the published positions, or `known` ones of an
  // earlier connection. Error malformed.
  Status begin(const LanePositions* known);
  // Appends marks to `events`; what was read is left to the caller to publish
  // by moved(). Error malformed: the client must be quarantined.
  Status drain(BootTime now, Workspace& workspace, std::vector<Event>& events,
               ClientTotals& totals);
  // True when the last drain left nothing it could have taken.
  bool empty() const { return empty_; }
  // Lanes whose position the last drain moved.
  const std::vector<uint32_t>& moved() const { return moved_; }
  LanePositions positions() const;
  uint64_t position(uint32_t lane) const { return lanes_[lane].position(); }

  void beat(BootTime now) { segment_->beat(to_ns(now) + boot_offset_ns_); }
  void retire_beat() { segment_->beat(0); }
  void reconnect(UniqueFd socket) { socket_ = std::move(socket); }
  void introduce(ClientInfo info) { info_ = std::move(info); }
  // `value` as in EventKind::client_end.
  void hang_up(int64_t value);
  // A rule was broken on the socket; the next drain quarantines it.
  void break_rule(Error error) {
    broken_ = std::move(error);
    socket_.reset();
  }
  const std::optional<Error>& broken() const { return broken_; }
  Event end_event(BootTime now) const;

  // Gates that the drained marks asked for; those beyond the client's
  // allowance were answered so.
  std::vector<GateRequest> take_questions() {
    return std::exchange(questions_, {});
  }
  void answer(uint64_t token, const GateAnswer& answer);
  void alert(const ClientAlert& alert);

  const ClientInfo& info() const { return info_; }
  const std::shared_ptr<ClientSegment>& segment() const { return segment_; }
  ClientFigures& figures() { return figures_; }
  int socket() const { return socket_.get(); }
  State state = State::live;

 private:
  Event make_event(RawMark&& mark, uint32_t lane, BootTime now);
  void ask(RawMark&& mark, BootTime now);
  Status drain_lane(uint32_t lane, size_t limit, BootTime now,
                    Workspace& workspace, std::vector<Event>& events,
                    ClientTotals& totals);

  ClientInfo info_;
  int64_t boot_offset_ns_ = 0;
  BootTime started_;
  std::shared_ptr<ClientSegment> segment_;
  UniqueFd socket_;
  MarkAllowance allowance_;
  MarkAllowance questions_allowed_;
  std::vector<GateRequest> questions_;
  uint64_t alerts_told_ = 0;
  uint64_t answers_told_ = 0;
  std::vector<ClientLane> lanes_;
  ClientFigures figures_;
  std::vector<uint32_t> moved_;
  uint32_t first_lane_ = 0;  // whose turn it is to be read first
  bool empty_ = true;
  int64_t end_value_ = 0;
  BootTime last_mark_;
  std::optional<Error> broken_;
};

}  // namespace tidemark
