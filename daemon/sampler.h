// Runs the collectors: which one at which tick or edge (design part 4.1), each
// one timed, a failing one counted and backed off, never trusted to be cheap.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/frame.h"
#include "daemon/collector.h"
#include "daemon/frame_writer.h"

namespace tidemark {

// How often each tier runs; the governor stretches it.
struct SamplePlan {
  uint32_t all_every = 1;   // ticks between two scans of all processes
  uint32_t host_every = 5;  // ticks between two readings of the host
  Nanoseconds slow_period = std::chrono::seconds(30);
  bool slow = true;  // false: the slow tier is off, at edges too

  bool operator==(const SamplePlan&) const = default;
};

// A collector that cannot run here, or failed: for the `degraded` event.
struct CollectorProblem {
  std::string name;
  std::string cause;
};

class Sampler {
 public:
  Sampler(std::span<const CollectorEntry> entries,
          const CollectorContext& context);
  ~Sampler();

  // Starts every collector. Error `unsupported` when none can run.
  Status start();
  // "process_scan: iter/task", in order of collectors.def.
  const std::vector<std::string>& levels() const { return levels_; }
  // Problems since the last call; empty most of the time.
  std::vector<CollectorProblem> take_problems();

  // Adds values of its own to each frame, after the collectors.
  using Finish = std::function<void(FrameBuilder&)>;

  // One tick: fills `frame` with all whose turn has come at `deadline`.
  void tick(BootTime deadline, Nanoseconds interval, const SamplePlan& plan,
            Frame& frame, const Finish& finish);
  // One edge: watched processes, clients, and the slow tier unless it ran
  // within kSlowSpacing. A scan of all processes joins when it is cheap, or
  // the last one long ago.
  void edge(BootTime time, Nanoseconds interval, const SamplePlan& plan,
            Frame& frame, const Finish& finish);

  void phase_changed(const Cohort& cohort);
  void process_held(ProcessKey process);
  // Of the first collector that can; else why none can.
  Status trace(ProcessKey process, bool on);
  void finish();

  // An edge every 10 ms must not read the slow tier each time.
  static constexpr Nanoseconds kSlowSpacing = std::chrono::milliseconds(100);
  // A scan that took longer than this comes at an edge only when so many times
  // its duration have passed since: however long the ticks have become, CPU per
  // phase has readings at its ends.
  static constexpr Nanoseconds kCheapScan = std::chrono::milliseconds(2);
  static constexpr int64_t kScanSpacing = 50;
  static constexpr uint32_t kMaxBackoff = 64;  // runs left out after failures

 private:
  struct Running;

  void run(Running& collector, const CollectRequest& request, Frame& frame);
  bool is_due(const Running& collector, const SamplePlan& plan,
              BootTime now) const;
  void put_durations();

  std::span<const CollectorEntry> entries_;
  CollectorContext context_;
  FrameWriter writer_;
  std::vector<std::unique_ptr<Running>> running_;
  std::vector<std::string> levels_;
  std::vector<CollectorProblem> problems_;
  MetricId duration_metric_, errors_metric_;
  uint64_t ticks_ = 0;
};

}  // namespace tidemark
