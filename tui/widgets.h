// Parts that views are made of: titled rules, lines of labelled figures, table
// columns by weight, the key bar.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tui/canvas.h"

namespace tidemark {

// One labelled figure of a line: "self" "0.3%". Raw text.
struct Part {
  std::string label;
  std::string value;
  Style style;     // of the value
  int weight = 0;  // the lightest goes first when the line is too narrow
};

// Draws as many parts as fit, in their order. Returns the columns used.
int draw_parts(const Pane& pane, int y, std::vector<Part> parts);

// "─ title ─ note ─ note ─────────".
void draw_rule(const Pane& pane, int y, std::string_view title,
               std::span<const std::string> notes = {});

// "0[|||||||     61%]" in one row: `parts` of 1 one after another, each in its
// tone; the text stands at the right end, over the bar.
void draw_meter(const Pane& pane, std::string_view label,
                std::span<const double> parts, std::span<const Tone> tones,
                std::string_view text);

// The keys that mean something now: " q quit  ? help", cut at the pane's width.
struct KeyHint {
  std::string_view key;
  std::string_view word;
  uint32_t code = 0;  // the Key that a click on it presses; 0: none
};
void draw_key_bar(const Pane& pane, int y, std::span<const KeyHint> hints);

// A question on the last line: "search: red_".
void draw_prompt(const Pane& pane, int y, std::string_view question,
                 std::string_view typed, std::string_view note);

struct TableColumn {
  std::string_view title;
  int width;      // at least
  int max_width;  // at most, when there is room
  int weight;     // the lightest goes first
  bool right = true;
};

struct PlacedColumn {
  size_t index;  // into the columns given
  int x;
  int width;
};

// Chooses and places columns, each with one blank before it.
std::vector<PlacedColumn> place_columns(std::span<const TableColumn> columns,
                                        int width);
// `sorted`: index of the column that sorts, or SIZE_MAX; its title is marked.
void draw_table_head(const Pane& pane, int y,
                     std::span<const TableColumn> columns,
                     std::span<const PlacedColumn> placed, size_t sorted,
                     bool descends);
void draw_cell(const Pane& pane, int y, const TableColumn& column,
               const PlacedColumn& place, std::string_view raw, Style style);

// Marks row `y` as the selected one, over what is drawn there.
void draw_selection(const Pane& pane, int y);

// The first row shown so that `selected` is visible in `height` rows, moving
// as little as possible from `top`.
int scroll_to(int top, int selected, int height, int size);

}  // namespace tidemark
