// Curves in text: two points per column and four levels per row in braille, or
// one point and two levels in ASCII. Zero is drawn, absent is left blank.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "tui/canvas.h"

namespace tidemark {

using Points = std::span<const std::optional<double>>;

struct ValueRange {
  double lo = 0;
  double hi = 1;
};

// From 0 to the largest point, rounded up to a round figure;
// of bytes, of two.
ValueRange range_from_zero(Points points, bool bytes = false);
// From the least to the largest point, at least `least_part` of the largest
// wide, so that noise is not drawn as a mountain.
ValueRange range_of_growth(Points points, double least_part = 0.05);

// Fills the pane with the curve; points.size() is 2 * pane.width().
void draw_graph(const Pane& pane, Points points, ValueRange range, Style style);
// A line in the blank cells of the row that `value` falls in: a limit. False,
// and nothing drawn, when it lies outside the range.
bool draw_limit(const Pane& pane, double value, ValueRange range, Style style);
// A line in the blank cells of a column: a phase begins here.
void draw_boundary(const Pane& pane, int x, Style style);

}  // namespace tidemark
