// Baselines as files: JSON, one series a line so that a version control
// system shows what changed (docs/baselines.md has the format).
#pragma once

#include <string>
#include <string_view>

#include "core/analysis/compare/baseline.h"
#include "core/base/result.h"

namespace tidemark {

inline constexpr int kBaselineVersion = 1;

std::string baseline_to_json(const Baseline& baseline);

// Also reads the flat baselines of Python frameworks ("response_time_p95",
// docs/baselines.md). Errors: malformed, with the place and what is wrong
// there; unsupported: of a newer version.
Result<Baseline> baseline_from_json(std::string_view text);

}  // namespace tidemark
