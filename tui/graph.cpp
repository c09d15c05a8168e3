#include "tui/graph.h"

#include <algorithm>
#include <cmath>

namespace tidemark {
namespace {

// Dots of a braille cell filled from below to `level` (0..4), left and right.
constexpr std::array<uint32_t, 5> kLeft = {0x00, 0x40, 0x44, 0x46, 0x47};
constexpr std::array<uint32_t, 5> kRight = {0x00, 0x80, 0xA0, 0xB0, 0xB8};

// Levels above the floor, of `steps`; at least one, so that zero is seen.
int level_of(const std::optional<double>& point, ValueRange range, int steps) {
  if (!point || !std::isfinite(*point)) return 0;
  const double span = range.hi - range.lo;
  const double part = span > 0 ? (*point - range.lo) / span : 0;
  const double level = std::ceil(std::clamp(part, 0.0, 1.0) * steps);
  return std::max(1, static_cast<int>(level));
}

double largest(Points points) {
  double result = 0;
  for (const auto& point : points) {
    if (point && std::isfinite(*point)) result = std::max(result, *point);
  }
  return result;
}

int point_level(Points points, size_t index, ValueRange range, int steps) {
  return index < points.size() ? level_of(points[index], range, steps) : 0;
}

void draw_braille(const Pane& pane, Points points, ValueRange range,
                  Style style) {
  const int steps = pane.height() * 4;
  for (int x = 0; x < pane.width(); ++x) {
    const auto i = static_cast<size_t>(x) * 2;
    const int left = point_level(points, i, range, steps);
    const int right = point_level(points, i + 1, range, steps);
    for (int row = 0; row < pane.height(); ++row) {
      const int floor = row * 4;
      const auto l = static_cast<size_t>(std::clamp(left - floor, 0, 4));
      const auto r = static_cast<size_t>(std::clamp(right - floor, 0, 4));
      if (l == 0 && r == 0) continue;
      pane.glyph(x, pane.height() - 1 - row, 0x2800 + kLeft[l] + kRight[r],
                 style);
    }
  }
}

void draw_ascii(const Pane& pane, Points points, ValueRange range,
                Style style) {
  constexpr std::u32string_view kLevels = U" .:|";  // thirds of a row
  const int steps = pane.height() * 3;
  for (int x = 0; x < pane.width(); ++x) {
    const auto i = static_cast<size_t>(x) * 2;
    const int level = std::max(point_level(points, i, range, steps),
                               point_level(points, i + 1, range, steps));
    for (int row = 0; row < pane.height(); ++row) {
      const auto part = static_cast<size_t>(std::clamp(level - row * 3, 0, 3));
      if (part == 0) continue;
      pane.glyph(x, pane.height() - 1 - row, kLevels[part], style);
    }
  }
}

}  // namespace

ValueRange range_from_zero(Points points, bool bytes) {
  const double top = largest(points);
  if (top <= 0) return {0, 1};
  if (bytes) return {0, std::exp2(std::ceil(std::log2(top) * 2) / 2)};
  const double power = std::pow(10, std::floor(std::log10(top)));
  for (const double step : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0}) {
    if (top <= step * power * (1 + 1e-9)) return {0, step * power};
  }
  return {0, 10 * power};
}

ValueRange range_of_growth(Points points, double least_part) {
  const double hi = largest(points);
  double lo = hi;
  for (const auto& point : points) {
    if (point && std::isfinite(*point)) lo = std::min(lo, *point);
  }
  const double width = std::max(hi - lo, hi * least_part);
  if (width <= 0) return {0, 1};
  // What hardly moves lies in the middle, not at an edge.
  const double margin = (width - (hi - lo)) / 2;
  return {std::max(lo - margin, 0.0), hi + margin};
}

void draw_graph(const Pane& pane, Points points, ValueRange range,
                Style style) {
  if (pane.charset() == Charset::utf8) {
    draw_braille(pane, points, range, style);
  } else {
    draw_ascii(pane, points, range, style);
  }
}

bool draw_limit(const Pane& pane, double value, ValueRange range, Style style) {
  const double span = range.hi - range.lo;
  if (span <= 0 || pane.height() < 1) return false;
  const double part = (value - range.lo) / span;
  if (!(part >= 0 && part <= 1)) return false;
  const int row = std::clamp(static_cast<int>((1 - part) * pane.height()), 0,
                             pane.height() - 1);
  for (int x = 0; x < pane.width(); ++x) {
    if (pane.blank(x, row)) pane.glyph(x, row, U'╌', style);
  }
  return true;
}

void draw_boundary(const Pane& pane, int x, Style style) {
  for (int y = 0; y < pane.height(); ++y) {
    if (pane.blank(x, y)) pane.glyph(x, y, U'┊', style);
  }
}

}  // namespace tidemark
