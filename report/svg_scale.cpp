#include "report/svg_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "report/wording.h"

namespace tidemark {

double SvgScale::operator()(double value) const {
  const double part = hi > lo ? (value - lo) / (hi - lo) : 0.5;
  return from + std::clamp(part, -1.0, 2.0) * (to - from);
}

double nice_step(double length, int most, bool binary) {
  if (!(length > 0)) return 1;
  const double raw = length / most;
  if (binary) return std::exp2(std::ceil(std::log2(raw)));
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10 * power;
}

std::string figure_text(double value, ChartUnit unit) {
  switch (unit) {
    case ChartUnit::bytes: return format_bytes(value);
    case ChartUnit::bytes_per_second: return format_bytes(value) + "/s";
    case ChartUnit::per_second:
      return (value < 100 ? fmt::format("{:.3g}", value)
                          : format_count(value)) +
             "/s";
    case ChartUnit::seconds: return seconds_text(value);
    case ChartUnit::ratio: return ratio_text(value);
    case ChartUnit::cores:
    case ChartUnit::count:
    case ChartUnit::plain: break;
  }
  return value < 100 ? fmt::format("{:.3g}", value) : format_count(value);
}

}  // namespace tidemark
