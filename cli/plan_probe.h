// Whether a plan's target can take load.
#pragma once

#include "core/analysis/plan.h"
#include "core/base/result.h"

namespace tidemark {

// Tries once, for at most `patience`. Error: why it is not healthy.
Status probe_target(const PlanTarget& target, Nanoseconds patience);

}  // namespace tidemark
