// Turns the engine's state into the exporter's page, at most once a second.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/phases.h"
#include "core/base/clock.h"
#include "daemon/exporter.h"
#include "daemon/process_table.h"
#include "daemon/recorder.h"
#include "daemon/registry.h"
#include "daemon/role_figures.h"
#include "daemon/role_findings.h"
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

  // A gate or finding turned: Event::value of an alert, 0 it is over, 1 a
  // warning, from 2 on failed. `role`: that it is of; "": several, or none.
  void alert(const std::string& name, const std::string& role, int64_t value);
  // What was found stands until the next time.
  void take_findings(RoleFindings found) { found_ = std::move(found); }
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
  // By gate and role: 1 a warning, 2 failed.
  std::map<std::pair<std::string, std::string>, int64_t> firing_;
  RoleFindings found_;
  BootTime last_frame_, last_published_;
};

}  // namespace tidemark
