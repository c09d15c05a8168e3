#include "daemon/client_host.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "daemon/client_connection.h"
#include "daemon/client_listener.h"
#include "daemon/client_watchlist.h"
#include "daemon/shim_desk.h"

namespace tidemark {
namespace {

constexpr uint64_t kListenerId = 0;
constexpr int kEventsAtOnce = 64;
// A connection that has not said HELLO by then is closed.
constexpr Nanoseconds kHelloDeadline{2'000'000'000};
// Positions of closed segments kept, for a client that comes back before the
// writer has published them.
constexpr size_t kRemembered = 64;
// Ended clients whose last figures wait for the next tick.
constexpr size_t kMaxUnsampled = 1024;

Event make_event(EventKind kind, BootTime now, SubjectId subject) {
  Event event;
  event.kind = kind;
  event.time = now;
  event.received = now;
  event.subject = subject;
  return event;
}

struct Pending {
  UniqueFd socket;
  ClientPeer peer;
  BootTime deadline;
};

struct Remembered {
  uint64_t inode = 0;
  ProcessKey process;
  LanePositions positions{};
};

}  // namespace

void DrainBatch::publish() {
  for (const Position& p : positions_) p.segment->publish(p.lane, p.position);
  positions_.clear();
}

void DrainBatch::append(DrainBatch&& later) {
  std::move(later.events.begin(), later.events.end(),
            std::back_inserter(events));
  std::move(later.positions_.begin(), later.positions_.end(),
            std::back_inserter(positions_));
  later.clear();
}

void DrainBatch::clear() {
  events.clear();
  positions_.clear();
}

struct ClientHost::Impl {
  Impl(const ClientHostOptions& given, Definer& definer_, ClientListener open)
      : options(given),
        definer(definer_),
        listener(std::move(open)),
        metrics(definer_) {}

  Status watch(int fd, uint64_t id) const;
  void accept_all(BootTime now);
  void on_ready(uint64_t id, BootTime now);
  void on_pending(uint64_t id, BootTime now);
  void on_client(ClientConnection& client);
  Status admit(uint64_t id, Pending& pending, ClientHello hello, BootTime now);
  bool resume(ClientSegment& segment, Pending& pending, uint64_t id);
  void retire(const ClientSegment& segment, BootTime now);
  const LanePositions* recall(uint64_t inode, ProcessKey process) const;
  ClientInfo introduce(const ClientPeer& peer, const ClientHello& hello);
  bool has_room(uint32_t uid) const;
  void refuse(const char* why, BootTime now);
  void quarantine(ClientConnection& client, const Error& error, BootTime now,
                  std::vector<Event>& out);
  void reject(const ClientPeer& peer, const Error& error, BootTime now);
  void expire(BootTime now);
  void finish(ClientConnection& client, BootTime now, std::vector<Event>& out);
  void drain_client(ClientConnection& client, BootTime now, DrainBatch& batch);
  void forget_ended();

  ClientHostOptions options;
  Definer& definer;
  ClientListener listener;
  UniqueFd epoll;
  ClientMetrics metrics;
  MetricId dropped_metric;
  std::map<uint64_t, Pending> pending;
  std::map<uint64_t, std::unique_ptr<ClientConnection>> clients;
  uint64_t next_id = kListenerId + 1;
  std::vector<Event> events;  // for the next drain
  std::deque<Remembered> remembered;
  ClientWatchlist watchlist;
  SubjectId shell;
  ClientTotals totals;
  ClientConnection::Workspace workspace;
};

Status ClientHost::Impl::watch(int fd, uint64_t id) const {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.u64 = id;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return fail_errno("epoll_ctl", errno);
  }
  return {};
}

bool ClientHost::Impl::has_room(uint32_t uid) const {
  size_t all = pending.size();
  size_t same = 0;
  for (const auto& [id, waiting] : pending) same += waiting.peer.uid == uid;
  for (const auto& [id, client] : clients) {
    if (client->state != ClientConnection::State::live) continue;
    ++all;
    same += client->info().uid == uid;
  }
  return all < options.max_clients && same < options.max_clients_per_uid;
}

void ClientHost::Impl::refuse(const char* why, BootTime now) {
  ++totals.refused;
  if (!watchlist.may_report(ClientWatchlist::kRefusals, now)) return;
  Event event = make_event(EventKind::degraded, now, SubjectId());
  event.name = "clients";
  event.text = why;
  events.push_back(std::move(event));
}

void ClientHost::Impl::accept_all(BootTime now) {
  for (int i = 0; i < kEventsAtOnce; ++i) {
    UniqueFd socket = listener.accept();
    if (!socket.valid()) return;
    const auto known = read_credentials(socket.get());
    if (!known) continue;
    // Before /proc is read: a flooder must cost less than its flood.
    if (watchlist.is_barred(known->process.pid, now)) {
      ++totals.refused;
      continue;
    }
    if (!has_room(known->uid)) {
      refuse("a client was refused: too many clients", now);
      continue;
    }
    ClientPeer peer = identify_peer(socket.get(), options.roots, *known);
    const uint64_t id = next_id++;
    if (!watch(socket.get(), id)) continue;
    pending.emplace(
        id, Pending{std::move(socket), std::move(peer), now + kHelloDeadline});
    on_pending(id, now);  // HELLO mostly is there already
  }
}

void ClientHost::Impl::on_pending(uint64_t id, BootTime now) {
  const auto found = pending.find(id);
  Pending& waiting = found->second;
  Received got = Received::nothing;
  auto hello = receive_hello(waiting.socket.get(), got);
  if (hello && got == Received::nothing) return;
  if (!hello) {
    reject(waiting.peer, hello.error(), now);
  } else if (got == Received::packet) {
    const auto admitted = admit(id, waiting, std::move(*hello), now);
    if (!admitted) reject(waiting.peer, admitted.error(), now);
  }
  pending.erase(found);
}

// The daemon's end of the life line was lost, not the client: it hands over
// the same segment again.
bool ClientHost::Impl::resume(ClientSegment& segment, Pending& waiting,
                              uint64_t id) {
  for (auto it = clients.begin(); it != clients.end(); ++it) {
    ClientConnection& client = *it->second;
    if (client.state != ClientConnection::State::live ||
        client.segment()->inode() != segment.inode() ||
        client.info().process != waiting.peer.process) {
      continue;
    }
    // It may have said goodbye and come back before we looked.
    const auto last = receive_goodbye(client.socket());
    if (last && *last == Received::packet) {
      client.hang_up(1);
      return false;
    }
    client.reconnect(std::move(waiting.socket));
    clients[id] = std::move(it->second);
    clients.erase(it);
    return true;
  }
  return false;
}

// Closed and opened again before we had read the rest: the new connection
// takes over what is left.
void ClientHost::Impl::retire(const ClientSegment& segment, BootTime now) {
  for (auto& [id, client] : clients) {
    if (client->state == ClientConnection::State::ending &&
        client->segment()->inode() == segment.inode()) {
      finish(*client, now, events);
    }
  }
}

const LanePositions* ClientHost::Impl::recall(uint64_t inode,
                                              ProcessKey process) const {
  const auto found = std::find_if(
      remembered.rbegin(), remembered.rend(), [&](const Remembered& old) {
        return old.inode == inode && old.process == process;
      });
  return found == remembered.rend() ? nullptr : &found->positions;
}

ClientInfo ClientHost::Impl::introduce(const ClientPeer& peer,
                                       const ClientHello& hello) {
  ClientInfo info;
  info.process = peer.process;
  info.uid = peer.uid;
  info.name = hello.name.empty() ? peer.comm : hello.name;
  info.detached = hello.detached;
  Subject subject;
  subject.kind = SubjectKind::client;
  if (hello.detached) {
    subject.name = "shell";
    if (!shell.valid()) shell = definer.define_subject(subject);
    info.subject = shell;
  } else {
    subject.name = info.name;
    subject.process = peer.process;
    subject.parent = peer.parent;
    info.subject = definer.define_subject(subject);
  }
  return info;
}

Status ClientHost::Impl::admit(uint64_t id, Pending& waiting, ClientHello hello,
                               BootTime now) {
  if (hello.heap) {
    // Its socket has done its work: the rest is in the segment.
    if (options.shims == nullptr) return {};
    return options.shims->admit(
        {waiting.peer.process, waiting.peer.comm, std::move(hello.segment)});
  }
  TIDEMARK_TRY(auto segment, ClientSegment::map(std::move(hello.segment)));
  if (resume(*segment, waiting, id)) return {};
  retire(*segment, now);
  const LanePositions* known = recall(segment->inode(), waiting.peer.process);
  auto client = std::make_unique<ClientConnection>(
      ClientInfo{}, waiting.peer, std::move(segment), UniqueFd(),
      MarkAllowance(options.marks_per_second, now), now);
  TIDEMARK_CHECK(client->begin(known));
  client->introduce(introduce(waiting.peer, hello));
  client->reconnect(std::move(waiting.socket));
  client->beat(now);
  ++totals.accepted;
  Event event =
      make_event(EventKind::client_begin, now, client->info().subject);
  event.name = client->info().name;
  events.push_back(std::move(event));
  clients.emplace(id, std::move(client));
  return {};
}

void ClientHost::Impl::reject(const ClientPeer& peer, const Error& error,
                              BootTime now) {
  ++totals.quarantined;
  watchlist.bar(peer.process.pid, now);
  if (!watchlist.may_report(peer.uid, now)) return;
  Event event = make_event(EventKind::client_quarantined, now, SubjectId());
  event.name = peer.comm;
  event.value = peer.process.pid.value;
  event.text = error.what;
  events.push_back(std::move(event));
}

void ClientHost::Impl::quarantine(ClientConnection& client, const Error& error,
                                  BootTime now, std::vector<Event>& out) {
  ++totals.quarantined;
  watchlist.bar(client.info().process.pid, now);
  client.hang_up(0);
  Event event = client.end_event(now);
  event.kind = EventKind::client_quarantined;
  // One bad command must not abort the phases of all of them.
  if (client.info().detached) event.subject = SubjectId();
  event.value = client.info().process.pid.value;
  event.text = error.what;
  out.push_back(std::move(event));
  finish(client, now, out);
}

// No mark will come any more.
void ClientHost::Impl::finish(ClientConnection& client, BootTime now,
                              std::vector<Event>& out) {
  out.push_back(client.end_event(now));
  totals.dropped += client.segment()->dropped();
  remembered.push_back(
      {client.segment()->inode(), client.info().process, client.positions()});
  if (remembered.size() > kRemembered) remembered.pop_front();
  client.state = client.info().detached ? ClientConnection::State::sampled
                                        : ClientConnection::State::drained;
}

void ClientHost::Impl::on_client(ClientConnection& client) {
  const auto got = receive_goodbye(client.socket());
  if (!got) {
    client.break_rule(got.error());
  } else if (*got != Received::nothing) {
    client.hang_up(*got == Received::packet ? 1 : 0);
  }
}

void ClientHost::Impl::on_ready(uint64_t id, BootTime now) {
  if (id == kListenerId) {
    accept_all(now);
  } else if (pending.contains(id)) {
    on_pending(id, now);
  } else if (const auto found = clients.find(id); found != clients.end()) {
    if (found->second->socket() >= 0) on_client(*found->second);
  }
}

void ClientHost::Impl::expire(BootTime now) {
  std::erase_if(
      pending, [&](const auto& entry) { return entry.second.deadline <= now; });
}

void ClientHost::Impl::drain_client(ClientConnection& client, BootTime now,
                                    DrainBatch& batch) {
  using State = ClientConnection::State;
  if (client.state == State::drained || client.state == State::sampled) return;
  if (client.state == State::live) client.beat(now);
  auto drained = client.drain(now, workspace, batch.events, totals);
  if (drained && client.broken()) drained = std::unexpected(*client.broken());
  for (const uint32_t lane : client.moved()) {
    batch.positions_.push_back({client.segment(), lane, client.position(lane)});
  }
  if (!drained) {
    quarantine(client, drained.error(), now, batch.events);
    return;
  }
  const std::string_view primary =
      client.figures().new_primary(*client.segment());
  if (!primary.empty()) {
    Event event =
        make_event(EventKind::client_primary, now, client.info().subject);
    event.name = primary;
    batch.events.push_back(std::move(event));
  }
  if (client.state == State::ending && client.empty()) {
    finish(client, now, batch.events);
  }
}

void ClientHost::Impl::forget_ended() {
  size_t ended = 0;
  for (const auto& [id, client] : clients) {
    ended += client->state == ClientConnection::State::drained;
  }
  std::erase_if(clients, [&](auto& entry) {
    using State = ClientConnection::State;
    ClientConnection& client = *entry.second;
    const bool surplus =
        client.state == State::drained && ended > kMaxUnsampled && ended-- > 0;
    if (client.state != State::sampled && !surplus) return false;
    if (!client.info().detached) definer.end_subject(client.info().subject);
    return true;
  });
}

ClientHost::ClientHost(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// Clients need not wait for the heartbeat to grow old: they look for the next
// daemon with their next mark.
ClientHost::~ClientHost() {
  for (const auto& [id, client] : impl_->clients) {
    if (client->state == ClientConnection::State::live) client->retire_beat();
  }
}

Result<std::unique_ptr<ClientHost>> ClientHost::create(
    const ClientHostOptions& options, Definer& definer) {
  TIDEMARK_TRY(auto listener, options.inherited_fd >= 0
                                  ? ClientListener::adopt(options.inherited_fd)
                                  : ClientListener::open(options.path));
  auto impl = std::make_unique<Impl>(options, definer, std::move(listener));
  impl->epoll = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!impl->epoll.valid()) return fail_errno("epoll_create1", errno);
  TIDEMARK_CHECK(impl->watch(impl->listener.fd(), kListenerId));
  impl->dropped_metric = definer.define_metric(
      {"marks_dropped", SubjectKind::client, MetricKind::counter, Unit::count,
       "marks the client dropped: lane full, or made inside another mark"});
  return std::unique_ptr<ClientHost>(new ClientHost(std::move(impl)));
}

int ClientHost::fd() const { return impl_->epoll.get(); }

void ClientHost::service(BootTime now) {
  std::array<epoll_event, kEventsAtOnce> ready{};
  const int n =
      ::epoll_wait(impl_->epoll.get(), ready.data(), kEventsAtOnce, 0);
  for (int i = 0; i < n; ++i) {
    impl_->on_ready(ready[static_cast<size_t>(i)].data.u64, now);
  }
  impl_->expire(now);
}

bool ClientHost::has_clients() const {
  return !impl_->clients.empty() || !impl_->pending.empty() ||
         !impl_->events.empty();
}

std::vector<ClientInfo> ClientHost::clients() const {
  std::vector<ClientInfo> result;
  for (const auto& [id, client] : impl_->clients) {
    if (client->state == ClientConnection::State::live) {
      result.push_back(client->info());
    }
  }
  return result;
}

const ClientInfo* ClientHost::find(SubjectId subject) const {
  for (const auto& [id, client] : impl_->clients) {
    const ClientInfo& info = client->info();
    if (!info.detached && info.subject == subject) return &info;
  }
  return nullptr;
}

void ClientHost::drain(BootTime now, DrainBatch& batch) {
  const auto begin = static_cast<ptrdiff_t>(batch.events.size());
  std::move(impl_->events.begin(), impl_->events.end(),
            std::back_inserter(batch.events));
  impl_->events.clear();
  for (auto& [id, client] : impl_->clients) {
    impl_->drain_client(*client, now, batch);
  }
  impl_->expire(now);
  std::stable_sort(
      batch.events.begin() + begin, batch.events.end(),
      [](const Event& a, const Event& b) { return a.time < b.time; });
}

void ClientHost::sample(FrameBuilder& frame) {
  impl_->forget_ended();
  for (auto& [id, client] : impl_->clients) {
    if (client->info().detached) continue;
    client->figures().sample(*client->segment(), client->info().subject,
                             impl_->metrics, frame);
    frame.put(impl_->dropped_metric, client->info().subject,
              static_cast<int64_t>(client->segment()->dropped() &
                                   static_cast<uint64_t>(INT64_MAX)));
    if (client->state == ClientConnection::State::drained) {
      client->state = ClientConnection::State::sampled;
    }
  }
}

void ClientHost::acknowledge(SubjectId client, int64_t token) {
  for (auto& [id, connection] : impl_->clients) {
    if (connection->info().subject != client) continue;
    connection->segment()->acknowledge(static_cast<uint64_t>(token));
  }
}

std::vector<GateRequest> ClientHost::take_gate_requests() {
  std::vector<GateRequest> all;
  for (auto& [id, client] : impl_->clients) {
    for (GateRequest& request : client->take_questions()) {
      request.connection = id;
      all.push_back(std::move(request));
    }
  }
  return all;
}

void ClientHost::answer_gate(const GateRequest& request,
                             const GateAnswer& answer) {
  const auto found = impl_->clients.find(request.connection);
  if (found == impl_->clients.end()) return;
  found->second->answer(request.token, answer);
}

void ClientHost::deliver_alert(SubjectId client, const ClientAlert& alert) {
  for (auto& [id, connection] : impl_->clients) {
    if (connection->state != ClientConnection::State::live) continue;
    if (client.valid() && connection->info().subject != client) continue;
    connection->alert(alert);
  }
}

ClientTotals ClientHost::totals() const {
  ClientTotals totals = impl_->totals;
  for (const auto& [id, client] : impl_->clients) {
    using State = ClientConnection::State;
    if (client->state != State::live && client->state != State::ending) {
      continue;  // already in
    }
    totals.dropped += client->segment()->dropped();
  }
  return totals;
}

}  // namespace tidemark
