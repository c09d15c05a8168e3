// The flat baselines that Python performance frameworks write, one object of
// figures in milliseconds:
//
//   {"operation": "content_generation_baseline", "environment": "baseline",
//    "version": "0.1.0", "timestamp": "2024-01-01T12:00:00",
//    "response_time_mean": 2500.0, ..., "requests_per_second": 8.5,
//    "error_rate": 0.02, "test_duration": 300, "raw_data": {...}}
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/analysis/compare/baseline.h"
#include "core/base/result.h"

namespace tidemark {

bool looks_like_seed(const nlohmann::json& json);

// One phase "load", the span and the op "request". The environment is an
// attribute, and so are users and version. Error malformed: what is missing.
Result<Baseline> baseline_from_seed(const nlohmann::json& json);

}  // namespace tidemark
