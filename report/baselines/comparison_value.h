// Comparisons and trends as parts of report.json.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "core/analysis/compare/trends.h"

namespace tidemark {

nlohmann::ordered_json comparison_value(const Comparison& comparison);
nlohmann::ordered_json trends_value(std::span<const FigureTrend> trends);

}  // namespace tidemark
