// Where in a run a leak is read: after which cool-downs (procedure B of design
// part 5.2), in which long phases (procedure A), and what is left out.
#pragma once

#include <vector>

#include "core/analysis/curve.h"
#include "core/analysis/phases.h"
#include "core/model/event.h"

namespace tidemark {

struct ReadingPlan {
  // One window per finished cycle, which ends when the cycle does: the median
  // of the readings in it is what the process retains. Ascending, no overlap.
  std::vector<Span> retained;
  // The spans of load whose every reading counts. Ascending, no overlap.
  std::vector<Span> load;
  BootTime warmup_end = BootTime::min();
  bool warmup_marked = false;
};

// A phase that is still open ends at `end`. `events` in order of time: their
// quiesce marks narrow the windows of the cool-downs they fall in, or make
// the cycles when nothing else does.
ReadingPlan plan_readings(const std::vector<Phase>& phases,
                          const std::vector<Event>& events, Span run);

// The part of `spans` that none of `holes` covers; both in any order.
std::vector<Span> subtract(std::vector<Span> spans, std::vector<Span> holes);

}  // namespace tidemark
