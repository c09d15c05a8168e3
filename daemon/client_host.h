// The daemon's end of the client channel (client/channel.h): accepts clients,
// drains their marks, samples their slots and histograms.
//
// Clients are untrusted: everything read from a segment is copied first, then
// checked; a client that breaks a rule is quarantined alone.
//
//   loop thread: fd() readable -> service(now);
//                every 10 ms while has_clients() -> drain(now, batch), and give
//                the batch to the writer after the frame's events;
//                each tick and edge -> sample(frame)
//   writer thread: write_events(batch.events) returned -> batch.publish()
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/model/event.h"
#include "daemon/client_notices.h"
#include "daemon/collector.h"

namespace tidemark {

class ClientSegment;
class ShimDesk;

// One drain's events, and how far the lanes may be given back to the clients.
// Movable to another thread; keeps the segments it names mapped.
class DrainBatch {
 public:
  // In order of time: marks, client_begin, client_end, client_quarantined,
  // client_primary, degraded.
  std::vector<Event> events;

  // Call once the events were written (or are given up and counted): the
  // clients may reuse that part of their lanes, and a restarted daemon begins
  // behind it. Without this call the marks stay and are drained again by the
  // next daemon. Thread-safe; the second call does nothing.
  void publish();
  bool empty() const { return events.empty() && positions_.empty(); }
  // Appends `later`, a batch drained after this one.
  void append(DrainBatch&& later);
  // Ready for the next drain, keeping its memory.
  void clear();

 private:
  friend class ClientHost;
  struct Position {
    std::shared_ptr<ClientSegment> segment;
    uint32_t lane = 0;
    uint64_t position = 0;
  };
  std::vector<Position> positions_;
};

struct ClientHostOptions {
  // Where to listen: a path (made 0666; a dead socket file there is replaced,
  // a live one is an error), or a socket inherited from systemd (its path is
  // then only for messages).
  std::string path;
  int inherited_fd = -1;
  Roots roots;
  ShimDesk* shims = nullptr;  // who takes heap segments; nullptr: nobody
  size_t max_clients = 256;
  size_t max_clients_per_uid = 64;
  uint32_t marks_per_second = 10'000;  // per client; burst twice that
};

// A connected client, as the kernel identified it.
struct ClientInfo {
  SubjectId subject;
  ProcessKey process;  // {0, 0}: its pid namespace is not below ours
  uint32_t uid = 0;
  std::string name;       // the application's name, raw bytes
  bool detached = false;  // a shell command: shares the subject "shell"
};

struct ClientTotals {
  uint64_t accepted = 0;     // clients taken since the start
  uint64_t refused = 0;      // over a cap, or in quarantine backoff
  uint64_t quarantined = 0;  // broke a rule
  uint64_t marks = 0;        // marks drained
  uint64_t unknown = 0;      // records of a kind this version does not know
  uint64_t dropped = 0;      // marks that full lanes of clients dropped
};

class ClientHost {
 public:
  // Errors: usage (path too long), io/permission with the path; `full` when
  // another daemon listens there.
  static Result<std::unique_ptr<ClientHost>> create(
      const ClientHostOptions& options, Definer& definer);
  ~ClientHost();  // removes the socket file it made
  ClientHost(const ClientHost&) = delete;
  ClientHost& operator=(const ClientHost&) = delete;

  // An epoll descriptor: readable when service() has something to do.
  int fd() const;
  // Accepts, takes HELLOs, notices ends. Never blocks. What happened comes as
  // events of the next drain.
  void service(BootTime now);

  // True while a drain can yield something: clients, or pending events.
  bool has_clients() const;
  // Live clients; valid until the next service() or drain().
  std::vector<ClientInfo> clients() const;
  // The client of this subject, or nullptr (ended, "shell").
  const ClientInfo* find(SubjectId subject) const;

  // Takes all new marks (bounded per client, so none starves the others) and
  // appends to `batch`; stamps the heartbeat that tells clients we live.
  void drain(BootTime now, DrainBatch& batch);
  // Slots and histograms of all clients; defines metrics as names appear.
  void sample(FrameBuilder& frame);
  // Answers a quiesce event: `token` is the event's value. The client's call
  // returns 0 = stable. Ignored when that client is gone.
  void acknowledge(SubjectId client, int64_t token);

  // Gates that clients asked for in the last drain; each is to be answered.
  std::vector<GateRequest> take_gate_requests();
  // Ignored when that client is gone.
  void answer_gate(const GateRequest& request, const GateAnswer& answer);
  // To one client, or to all (an invalid subject). Never waits for them: of
  // alerts that a client does not take the oldest are lost.
  void deliver_alert(SubjectId client, const ClientAlert& alert);

  ClientTotals totals() const;

 private:
  struct Impl;
  explicit ClientHost(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
