// Holds the daemon's own CPU under a budget. A pure decision: fed with what was
// used, it says how far to stretch the periods.
//
// Ladder: the scan of all processes and the host's files run every 2nd, then
// every 4th tick; then the tick itself is stretched 2x, 4x; then the slow tier
// is dropped. It climbs when the mean over kWindow is above the budget, and
// descends when the mean would stay below kRelax of it one step lower, held
// for kPatience. The first kWarmup is not judged: starting costs once.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/clock.h"
#include "daemon/sampler.h"

namespace tidemark {

struct GovernorDecision {
  SamplePlan plan;
  int64_t interval_factor = 1;  // the tick's period in units of the nominal

  bool operator==(const GovernorDecision&) const = default;
};

class Governor {
 public:
  // `budget`: CPU time over elapsed time, 0.01 = 1 % of one core.
  explicit Governor(double budget) : budget_(budget) {}

  // Call once per tick. `cpu`: this process's CPU time so far. True when the
  // decision changed; reason() then says why, in one sentence.
  bool update(BootTime now, Nanoseconds cpu);

  void set_budget(double budget) { budget_ = budget; }

  const GovernorDecision& decision() const { return decision_; }
  const std::string& reason() const { return reason_; }
  // CPU over elapsed time in the last window; 0 before the first.
  double load() const { return load_; }

  static constexpr Nanoseconds kWarmup = std::chrono::seconds(5);
  static constexpr Nanoseconds kWindow = std::chrono::seconds(5);
  static constexpr Nanoseconds kPatience = std::chrono::seconds(30);
  static constexpr double kRelax = 0.4;
  static constexpr int kMaxStep = 5;

 private:
  bool judge(BootTime now);
  void move_to(int step);

  double budget_;
  int step_ = 0;
  bool started_ = false;
  bool judging_ = false;  // the warm-up is over
  BootTime window_begin_, calm_since_;
  Nanoseconds window_cpu_{0};
  double load_ = 0;
  GovernorDecision decision_;
  std::string reason_;
};

}  // namespace tidemark
