// Runs a plan: starts its targets, waits until they are healthy, puts the load
// on them phase by phase, marks everything for whoever records, and ends what
// it started.
#pragma once

#include "core/analysis/plan.h"

namespace tidemark {

// 0: all of it ran; 1: a load command failed, or the plan was aborted (a
// target was never healthy, or died); 128 + N: signal N asked to end. What
// went wrong is printed, and noted in the recording.
int drive_plan(const Plan& plan);

}  // namespace tidemark
