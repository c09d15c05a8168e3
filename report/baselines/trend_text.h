// The trend of a scenario's figures, for people and for programs.
#pragma once

#include <span>
#include <string>

#include "core/analysis/compare/trends.h"

namespace tidemark {

// A line per figure with its sparkline; those whose level changed or that
// drift, and with `all` the others too.
std::string trend_text(std::span<const Baseline> runs,
                       std::span<const FigureTrend> trends, bool all);
// One object, schema_version 1 (docs/baselines.md).
std::string trend_json(std::span<const Baseline> runs,
                       std::span<const FigureTrend> trends);

// "+30 % with ab12cd34 (2026-11-21)", of the last change or drift; "" none.
std::string trend_event(const FigureTrend& trend);

}  // namespace tidemark
