// The whole of Tidemark's measuring half in one object: collectors, probes,
// clients, correlator, recorder. `tidemark record` and `tidemarkd` both own one
// and run its event loop; all of it but the recorder's thread lives there.
//
// The life of a sample: docs/architecture.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/os/event_loop.h"
#include "daemon/alert_sink.h"
#include "daemon/collector.h"
#include "daemon/gate_watch.h"
#include "daemon/heap_settings.h"
#include "daemon/roles.h"
#include "daemon/rotation_limits.h"

namespace tidemark {

struct EngineOptions {
  // A file that must not exist yet; with `rotation` a folder that must.
  std::string output;
  std::optional<RotationLimits> rotation;
  Nanoseconds interval = std::chrono::seconds(1);
  double budget = 0.01;
  HeapSettings heap;
  RoleRules rules;
  std::string socket;                // where clients connect
  int inherited_socket = -1;         // from the service manager
  std::string control;               // the control socket; "" = none
  std::string metrics;               // where Prometheus scrapes; "" = nowhere
  std::vector<std::string> command;  // record -- cmd, for the recording's head
  bool adopt_children = false;       // our children are the command's tree
  std::vector<Pid> helpers;          // children of ours that are not
  GateRules gates;                   // held against while it records
  AlertSink* alerts = nullptr;       // besides the recording and clients
  Roots roots;
};

// What can be changed while it records.
struct EngineTuning {
  Nanoseconds interval{0};
  double budget = 0;
  RoleRules rules;  // of processes and clients met from now on, and of those
                    // alive; what is watched stays so
  std::optional<RotationLimits> rotation;
};

struct EngineProgress {
  int64_t ticks = 0;
  int64_t bytes = 0;
  std::string phase;  // the innermost open one, "" = none; raw bytes
  size_t watched = 0;
  size_t clients = 0;
  bool disk_full = false;
};

// Why gates want a run to end.
struct GateEnd {
  bool aborted = false;  // one that says abort failed; else all are decided
  std::string reason;
};

class Engine {
 public:
  // Starts the sensors, creates the recording, takes the first frame and
  // returns when that is on the way to the disk. Errors: usage when the output
  // exists; those of the recording and of the client socket; `unsupported`
  // when no collector runs here.
  static Result<std::unique_ptr<Engine>> start(EngineOptions options,
                                               EventLoop& loop,
                                               const Clock& clock);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // The command's process is about to be let go; it ended with a wait status.
  void command_began(Pid pid);
  void command_ended(int wait_status);
  // Processes of the command that are alive.
  size_t watched_alive() const;

  void tune(EngineTuning tuning);

  // Called when the recording cannot go on; finish() says why.
  void on_failure(std::function<void()> handler);

  // Called once, when the gates want the run to end.
  void on_gate_end(std::function<void(const GateEnd&)> handler);

  EngineProgress progress() const;
  // False when what was handed to the writer at the last call has not been
  // written since: the disk, or the writer, hangs.
  bool makes_progress();
  // Selectors that never met a process, as written.
  std::vector<std::string> unmatched_selectors() const;

  // A last frame with all tiers, then closes the recording. Error `full` or
  // `io`: part of the data is lost, how much is in the text.
  Status finish();

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark
