#include "daemon/client_connection.h"

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace tidemark {
namespace {

// Records of one client per drain, so that none starves the others.
constexpr size_t kQuantum = 2048;
// How far a mark may be ahead of us: clocks are read on other CPUs.
constexpr Nanoseconds kAhead{1'000'000};

// Holding a gate against a recording takes milliseconds of the loop.
constexpr uint32_t kQuestionsPerSecond = 10;

PhaseKind checked_kind(uint8_t raw) {
  return raw <= static_cast<uint8_t>(PhaseKind::exclude)
             ? static_cast<PhaseKind>(raw)
             : PhaseKind::custom;
}

tidemark_notice make_notice(GateStatus status, std::optional<double> value,
                            std::string_view text) {
  tidemark_notice notice{};
  notice.bits = std::bit_cast<uint64_t>(
      value.value_or(std::numeric_limits<double>::quiet_NaN()));
  notice.status = static_cast<uint8_t>(status);
  notice.length =
      static_cast<uint8_t>(std::min(text.size(), sizeof notice.text));
  std::memcpy(notice.text, text.data(), notice.length);
  return notice;
}

}  // namespace

ClientConnection::ClientConnection(ClientInfo info, const ClientPeer& peer,
                                   std::shared_ptr<ClientSegment> segment,
                                   UniqueFd socket, MarkAllowance allowance,
                                   BootTime now)
    : info_(std::move(info)),
      boot_offset_ns_(peer.boot_offset_ns),
      started_(peer.started),
      segment_(std::move(segment)),
      socket_(std::move(socket)),
      allowance_(allowance),
      questions_allowed_(kQuestionsPerSecond, now),
      alerts_told_(segment_->alerts_written()),
      answers_told_(segment_->answers_written()) {
  lanes_.reserve(ClientSegment::kLanes);
  for (uint32_t i = 0; i < ClientSegment::kLanes; ++i) lanes_.emplace_back(i);
}

Status ClientConnection::begin(const LanePositions* known) {
  for (ClientLane& lane : lanes_) {
    const uint64_t position = known ? (*known)[lane.index()] : 0;
    TIDEMARK_CHECK(lane.begin(*segment_, position));
  }
  return {};
}

Event ClientConnection::make_event(RawMark&& mark, uint32_t lane,
                                   BootTime now) {
  Event event;
  event.kind = static_cast<EventKind>(mark.kind);
  event.time = std::clamp(boot_time(mark.time_ns - boot_offset_ns_),
                          std::min(started_, now), now + kAhead);
  event.received = now;
  event.subject = info_.subject;
  event.name = std::move(mark.text);
  event.value = mark.value;
  event.phase_kind = checked_kind(mark.phase_kind);
  event.lane = lane;
  event.sequence = mark.sequence;
  if (info_.detached) {
    // Many commands, one subject: their handles and sequences mean nothing to
    // each other. The pid and the mark's own time tell repeats apart.
    event.lane = static_cast<uint32_t>(info_.process.pid.value);
    event.sequence = static_cast<uint64_t>(to_ns(event.time));
    const bool phase = event.kind == EventKind::phase_begin ||
                       event.kind == EventKind::phase_end;
    if (phase) event.value = 0;
  }
  last_mark_ = std::max(last_mark_, event.time);
  return event;
}

Status ClientConnection::drain_lane(uint32_t index, size_t limit, BootTime now,
                                    Workspace& workspace,
                                    std::vector<Event>& events,
                                    ClientTotals& totals) {
  ClientLane& lane = lanes_[index];
  const uint64_t before = lane.position();
  workspace.marks.clear();
  const auto taken =
      lane.read(*segment_, workspace.records, limit, workspace.marks);
  for (RawMark& mark : workspace.marks) {
    if (mark.kind == TIDEMARK_RECORD_GATE) {
      ask(std::move(mark), now);
    } else {
      events.push_back(make_event(std::move(mark), index, now));
    }
  }
  totals.marks += workspace.marks.size();
  if (lane.position() != before) moved_.push_back(index);
  if (!taken) return std::unexpected(taken.error());
  totals.unknown += taken->unknown;
  if (taken->left > 0) empty_ = false;
  return {};
}

Status ClientConnection::drain(BootTime now, Workspace& workspace,
                               std::vector<Event>& events,
                               ClientTotals& totals) {
  moved_.clear();
  empty_ = true;
  const uint32_t used =
      segment_->lanes_used().clamped(1, ClientSegment::kLanes);
  size_t quantum = kQuantum;
  // What an ended client left is bounded by its lanes.
  if (state == State::live) {
    quantum = std::min(quantum, allowance_.available(now));
  }
  const size_t before = quantum;
  for (uint32_t i = 0; i < used; ++i) {
    const uint32_t index = (first_lane_ + i) % used;
    const uint64_t position = lanes_[index].position();
    TIDEMARK_CHECK(drain_lane(index, quantum, now, workspace, events, totals));
    quantum -= lanes_[index].position() - position;
  }
  allowance_.spend(before - quantum);
  ++first_lane_;
  return {};
}

void ClientConnection::ask(RawMark&& mark, BootTime now) {
  GateRequest request;
  request.token = static_cast<uint64_t>(mark.value);
  if (questions_allowed_.available(now) == 0) {
    answer(request.token, {GateStatus::inconclusive, std::nullopt,
                           "asked more than 10 times a second"});
    return;
  }
  questions_allowed_.spend(1);
  request.client = info_.subject;
  request.expr = std::move(mark.text);
  questions_.push_back(std::move(request));
}

void ClientConnection::answer(uint64_t token, const GateAnswer& answer) {
  tidemark_notice notice =
      make_notice(answer.status, answer.value, answer.reason);
  notice.token = token;
  segment_->put_answer(answers_told_++, notice);
}

void ClientConnection::alert(const ClientAlert& alert) {
  tidemark_notice notice = make_notice(alert.status, alert.value, alert.name);
  notice.time_ns = static_cast<uint64_t>(to_ns(alert.time) + boot_offset_ns_);
  segment_->put_alert(alerts_told_++, notice);
}

LanePositions ClientConnection::positions() const {
  LanePositions positions{};
  for (const ClientLane& lane : lanes_) {
    positions[lane.index()] = lane.position();
  }
  return positions;
}

void ClientConnection::hang_up(int64_t value) {
  end_value_ = info_.detached ? 2 : value;
  socket_.reset();
  if (state == State::live) state = State::ending;
}

Event ClientConnection::end_event(BootTime now) const {
  Event event;
  event.kind = EventKind::client_end;
  event.time = std::max(now, last_mark_);
  event.received = now;
  event.subject = info_.subject;
  event.name = info_.name;
  event.value = end_value_;
  return event;
}

}  // namespace tidemark
