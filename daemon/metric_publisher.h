// Turns the engine's state into the exporter's page, at most once a second.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/analysis/phases.h"
#include "core/base/clock.h"
#include "daemon/exporter.h"
#include "daemon/process_table.h"
#include "daemon/recorder.h"
#include "daemon/registry.h"
#include "daemon/role_figures.h"
#include "daemon/self_meter.h"

namespace tidemark {

// What the engine is like at a tick.
struct EngineState {
  const PhaseTracker& phases;
  SelfReadings self;
  Recorder::Stats recorder;
  size_t clients = 0;
  ClockAnchor anchor;
};

class MetricPublisher {
 public:
  MetricPublisher(std::unique_ptr<Exporter> exporter, const Registry& registry,
                  const ProcessTable& processes);

  // Ops of clients beyond this many distinct names are left out; so are
  // alerts.
  static constexpr size_t kMostOps = 100;

  // Each event once.
  void hear(std::span<const Event> events);
  void observe(const Frame& frame, const EngineState& state);
  // The page as it is now; observe() serves it.
  MetricPage page(const EngineState& state) const;

 private:
  struct Op {
    int64_t done = 0;  // of clients that ended
    std::map<SubjectId, int64_t> alive;
  };
  void observe_host(const Frame& frame);
  void observe_ops(const Frame& frame);
  void put_phases(MetricPage& page, const EngineState& state) const;
  void put_self(MetricPage& page, const EngineState& state) const;

  std::unique_ptr<Exporter> exporter_;  // nullptr in tests
  const Registry& registry_;
  const ProcessTable& processes_;
  RoleFigures roles_;
  // pressure.RESOURCE_some and _full, nanoseconds.
  std::map<std::string, int64_t> waiting_, stalled_;
  std::map<std::string, Op> ops_, errors_;
  int64_t alerts_ = 0;
  std::map<std::string, int64_t> firing_;  // by gate: 1 a warning, 2 failed
  BootTime last_frame_, last_published_;
};

}  // namespace tidemark
