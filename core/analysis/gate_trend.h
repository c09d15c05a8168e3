// The slope of a gate's series against a limit.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/analysis/gate_series.h"

namespace tidemark {

struct GateTrend {
  double slope = 0, lo = 0, hi = 0;  // per unit of x
  int64_t n = 0;
  double p_above = 1, p_below = 1;  // of such a series if the slope is `limit`
};

// x of an instant: minutes, operations, ….
using GateAxis = std::function<double(BootTime)>;

// Theil-Sen over at most 200 medians, autocorrelation corrected (Hamed and Rao
// 1998). Absent with fewer than 3 readings, or when x does not vary.
std::optional<GateTrend> gate_trend(const std::vector<GateSample>& samples,
                                    const GateAxis& axis, double limit,
                                    double alpha);

}  // namespace tidemark
