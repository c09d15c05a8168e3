#include "core/analysis/gate_words.h"

#include <fmt/format.h>

#include <cmath>

#include "core/base/text.h"

namespace tidemark {
namespace {

std::string amount_text(double value, GateDimension dimension) {
  if (!std::isfinite(value)) return "?";
  const double size = std::abs(value);
  const char* minus = value < 0 ? "-" : "";
  switch (dimension) {
    case GateDimension::bytes:
      // A fraction of a byte per operation is still one.
      if (size > 0 && size < 10) return fmt::format("{:.3g} B", value);
      return minus + format_bytes(size);
    case GateDimension::time: {
      constexpr double kLongest = 9e9;  // seconds that fit in nanoseconds
      const double ns = std::min(size, kLongest) * 1e9;
      return minus + format_duration(Nanoseconds(std::llround(ns)));
    }
    case GateDimension::ratio: return fmt::format("{:.3g} %", value * 100);
    case GateDimension::count:
      if (size < 1000 && value != std::round(value)) {
        return fmt::format("{:.3g}", value);
      }
      return minus + format_count(size);
  }
  return "?";
}

}  // namespace

std::string gate_value_text(double value, const GateUnit& unit) {
  const size_t slash = unit.name.find('/');
  const std::string per =
      slash == std::string::npos ? "" : unit.name.substr(slash);
  return amount_text(value, unit.dimension) + per;
}

}  // namespace tidemark
