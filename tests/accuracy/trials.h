// Runs of the corpus: shapes drawn, judged by our procedure and by the rules of
// others.
#pragma once

#include <cstdint>

#include "tests/accuracy/cycle_shapes.h"
#include "tests/accuracy/phase_shapes.h"
#include "tests/accuracy/scoreboard.h"

namespace tidemark::accuracy {

struct TrialPlan {
  int runs = 0;        // per cell
  int peer_every = 1;  // the rules of others take longer than the verdict
  int time_every = 1;  // each run asked takes about nine verdicts
  uint64_t seed = 0;
};

// One long phase of `seconds`.
void run_phases(const char* title, PhaseSet set, size_t seconds,
                const TrialPlan& plan, Scoreboard& board);

// `count` cycles of 2.5 min; brief ones of 14 s with the noise given, MB;
// handles.
void run_published(size_t count, const TrialPlan& plan, Scoreboard& board);
void run_brief(size_t count, double noise, const TrialPlan& plan,
               Scoreboard& board);
void run_handles(size_t count, const TrialPlan& plan, Scoreboard& board);

}  // namespace tidemark::accuracy
