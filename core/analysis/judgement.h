// The decision on one series, once its evidence is gathered: every guard of a
// leak, and what it is when it is none (design part 5.2).
#pragma once

#include <string>
#include <vector>

#include "core/analysis/evidence.h"
#include "core/analysis/growth.h"

namespace tidemark {

// The fewest retained readings for any verdict on cycles, and for `leak`.
inline constexpr size_t kLeastReadings = 6;
inline constexpr size_t kSureReadings = 10;

// Writes verdict, reason and what follows from them into the finding; all
// arguments must outlive it. `dropped`: the readings left out as warm-up.
class Judgement {
 public:
  Judgement(Finding& finding, const Evidence& evidence,
            const std::vector<Finding::Point>& dropped);
  // Repeated cycles: n retained readings.
  void decide_cycles(double seconds_per_cycle);
  // One long phase: its curve alone is never more than a suspicion.
  void decide_phase();

 private:
  std::string slope_text(double slope) const;
  std::string amount(double value) const;
  // A few pages more are an allocator's ways, however regular they come.
  bool is_large() const;
  bool most_cycles_rise() const;
  // Every guard of a leak: certain, in a shape that goes on, straight enough
  // for the cycles that rose, and not the work of a few bursts. A leak below
  // what is worth naming must be all the clearer.
  bool goes_on_for_certain() const;
  void decide_unconfirmed();
  // A rise that is certain, though maybe a small one, may be told by its
  // shape to slow down; a leak's shape says something of certain growth only.
  bool creeps_on() const;
  void set_creeping();
  bool shape_is_sure() const;
  void set_leak();
  void set_none();
  void set_suspect(std::string reason, double needed_seconds = 0);
  void set_undecided();
  // Where the second half of the readings begins; enough to tell its slope.
  size_t second_half() const;
  // The second half grows for certain, the first did not: a leak that began
  // late, so far in too few readings to be confirmed.
  bool grows_lately();
  // Rose in the first half of the run, and the second half is level for
  // certain: a cache that is full, a warm-up that is over.
  bool levelled_off();
  // Grew fast at first, and since then not visibly, at most a twentieth as
  // fast.
  bool stopped_after_start();
  // The farther threshold is the sooner decided one.
  double seconds_to_decide() const;
  double to_seconds(double x) const;
  void set_shape();
  void set_open();
  void set_saturating();
  void set_step();

  Finding& finding_;
  const Evidence& evidence_;
  const std::vector<Finding::Point>& dropped_;
  const Trend& trend_;
  const Rises rises_;
  const Growth growth_;
};

// "3 cycles", "98 %", "2 min 05 s".
std::string count_of(size_t n, const char* noun);
std::string percent(double ratio);
std::string how_long(double seconds);

void set_inconclusive(Finding& finding, std::string reason,
                      double needed_seconds = 0);

}  // namespace tidemark
