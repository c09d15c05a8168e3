// Gates while a run goes on. Each frame is held against those that a short
// window can answer; the others (slopes, verdicts, per op) get the results of
// whole-run evaluations now and then, which are provisional. Memory is bounded
// by the window, not by the run. Pure: fed from a recording's tail.
//
// What a gate looks at while it is live: the newest reading (max, min, last),
// what lasted (for D), the window (percentiles, means, rates, spans; the last
// minute, or `over D`), or its whole phase so far (sum, growth, count). Only
// phases that are open now count. The end of the run judges all of it again.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/alert_latch.h"
#include "core/analysis/edge_histograms.h"
#include "core/analysis/gate_value.h"
#include "core/analysis/gates.h"
#include "core/analysis/phases.h"

namespace tidemark {

struct LiveGateOptions {
  int64_t cpu_count = 1;
  LatchOptions latch;
  double margin = 0.05;  // of a limit; what an alert needs to be over
  Nanoseconds window = std::chrono::seconds(60);
  // How many whole-run evaluations must agree, each given to on_verdicts().
  int confirmations = 3;
};

// A gate's state changed.
struct GateAlert {
  size_t gate = 0;  // index; kFinding: a leak that no gate speaks of
  static constexpr size_t kFinding = SIZE_MAX;
  GateStatus state = GateStatus::pass;
  bool ends_run = false;     // it says abort, and failed
  bool provisional = false;  // of a whole-run evaluation
  BootTime time;
  std::string name;             // the gate's label, or the expression
  std::string text;             // a sentence; raw bytes
  std::string role;             // that it is of; "": several, or none
  std::optional<double> value;  // in the gate's unit
};

class LiveGates {
 public:
  LiveGates(std::vector<Gate> gates, LiveGateOptions options);
  LiveGates(const LiveGates&) = delete;  // the store points into the gates
  LiveGates& operator=(const LiveGates&) = delete;

  // In the order of the recording; a frame is evaluated at once.
  void on_frame(const Frame& frame, const Dictionary& dictionary);
  void on_event(const Event& event);
  // evaluate_gates() of the same gates over all that was recorded until
  // `time`.
  void on_verdicts(std::span<const GateResult> results, BootTime time);

  // Leaks, which are told when as many evaluations found them, once each.
  void on_findings(std::span<const Finding> findings,
                   const Dictionary& dictionary, BootTime time);

  std::vector<GateAlert> take_alerts();
  // Of each gate, as it stands: of the last evaluation of either kind.
  const std::vector<GateResult>& standing() const { return standing_; }
  // Each gate had the same answer in the last evaluations of the whole run:
  // the run need not go on for their sake.
  bool decided() const;
  // Some gate needs on_verdicts().
  bool needs_verdicts() const;
  const std::vector<Gate>& gates() const { return gates_; }

 private:
  // Phases that ended and are remembered: only open ones are asked for.
  static constexpr size_t kMostEnded = 64;

  struct Live {
    GateExpr expr;  // as it is evaluated live
    bool slow = false;
    AlertLatch latch;
    GateStatus verdict = GateStatus::inconclusive;  // of the last whole run
    int agreed = 0;
  };

  using LeakKey = std::pair<SubjectId, Resource>;

  void evaluate(size_t index, const GateRun& run);
  void tell_over(const LeakKey& leak, const Dictionary& dictionary,
                 BootTime time);
  GateScope scope_of(const Live& live) const;
  BootTime window_begin(const Live& live, BootTime scope_begin) const;
  void settle(size_t index, GateStatus raw, GateStatus tight, BootTime time);
  void trim();

  std::vector<Gate> gates_;
  LiveGateOptions options_;
  std::vector<Live> live_;
  std::vector<GateResult> standing_;
  std::vector<GateAlert> alerts_;
  GateStore store_;
  EdgeHistograms spans_;
  PhaseTracker phases_;
  std::deque<BootTime> edges_;  // at which spans_ has states
  Nanoseconds longest_{0};      // window that any gate looks back
  BootTime begin_ = BootTime::max(), now_ = BootTime::min();
  BootTime trimmed_ = BootTime::min();
  std::map<LeakKey, int> leaks_;  // seen in a row
  std::unique_ptr<GateNames> names_;
  const Dictionary* dictionary_ = nullptr;
};

// Whether a window cannot answer it: it takes the whole run.
bool needs_whole_run(const GateExpr& gate);

}  // namespace tidemark
