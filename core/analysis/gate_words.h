// Values of gates as people read them.
#pragma once

#include <string>

#include "core/analysis/gate_metrics.h"

namespace tidemark {

// "812 MiB", "16 B/op", "87.3 %", "1,204".
std::string gate_value_text(double value, const GateUnit& unit);

}  // namespace tidemark
