#include "tui/widgets.h"

#include <algorithm>
#include <numeric>

namespace tidemark {
namespace {

constexpr Style kTitle{Tone::title, false, false};
constexpr Style kDim{Tone::dim, false, false};

int part_width(const Part& part, Charset charset) {
  const int label = text_width(part.label, charset);
  const int value = text_width(part.value, charset);
  return label + value + (label > 0 && value > 0 ? 1 : 0);
}

int line_width(const std::vector<Part>& parts, Charset charset) {
  int width = 0;
  for (const Part& part : parts) width += part_width(part, charset) + 2;
  return width - 1;  // one blank before the first, two between
}

}  // namespace

int draw_parts(const Pane& pane, int y, std::vector<Part> parts) {
  std::erase_if(parts, [](const Part& part) {
    return part.label.empty() && part.value.empty();
  });
  while (parts.size() > 1 && line_width(parts, pane.charset()) > pane.width()) {
    parts.erase(std::ranges::min_element(parts, {}, &Part::weight));
  }
  int x = 1;
  for (const Part& part : parts) {
    const int label_end = pane.text(x, y, part.label, kDim);
    const bool both = !part.label.empty() && !part.value.empty();
    x = pane.text(label_end + (both ? 1 : 0), y, part.value, part.style) + 2;
  }
  return x - 2;
}

void draw_rule(const Pane& pane, int y, std::string_view title,
               std::span<const std::string> notes) {
  pane.fill({0, y, pane.width(), 1}, U'─', kTitle);
  pane.glyph(1, y, U' ', kTitle);
  int x = pane.text(2, y, title, {Tone::title, true, false});
  pane.glyph(x++, y, U' ', kTitle);
  for (const std::string& note : notes) {
    if (note.empty()) continue;
    const int width = text_width(note, pane.charset());
    if (x + width + 3 > pane.width()) continue;
    pane.glyph(x + 1, y, U' ', kTitle);
    x = pane.text(x + 2, y, note, {Tone::normal, false, false});
    pane.glyph(x++, y, U' ', kTitle);
  }
}

void draw_meter(const Pane& pane, std::string_view label,
                std::span<const double> parts, std::span<const Tone> tones,
                std::string_view text) {
  const int begin = pane.text(1, 0, label, {Tone::title, false, false}, 8);
  const int end = pane.width() - 2;
  const int room = end - begin - 1;
  if (room < 4) return;
  pane.glyph(begin, 0, U'[', {Tone::normal, true, false});
  pane.glyph(end, 0, U']', {Tone::normal, true, false});
  double filled = 0;
  int x = 0;
  for (size_t i = 0; i < parts.size() && i < tones.size(); ++i) {
    filled += std::clamp(parts[i], 0.0, 1.0);
    const int until = std::min(static_cast<int>(filled * room + 0.5), room);
    for (; x < until; ++x) {
      pane.glyph(begin + 1 + x, 0, U'|', {tones[i], false, false});
    }
  }
  pane.text_right(end, 0, text, {Tone::normal, true, false}, room);
}

void draw_key_bar(const Pane& pane, int y, std::span<const KeyHint> hints) {
  int x = 0;
  for (const KeyHint& hint : hints) {
    const int width = text_width(hint.key, pane.charset()) +
                      text_width(hint.word, pane.charset()) + 3;
    if (x + width > pane.width() + 1) break;
    if (hint.code != 0) {
      pane.zone({x, y, width, 1}, Zone::Kind::key,
                static_cast<int64_t>(hint.code));
    }
    pane.glyph(x, y, U' ');
    x = pane.text(x + 1, y, hint.key, {Tone::key, true, false});
    x = pane.text(x + 1, y, hint.word, kDim);
  }
}

void draw_prompt(const Pane& pane, int y, std::string_view question,
                 std::string_view typed, std::string_view note) {
  pane.fill({0, y, pane.width(), 1}, U' ');
  int x = pane.text(1, y, question, {Tone::accent, true, false});
  x = pane.text(x + 1, y, typed);
  pane.glyph(x, y, U' ', {Tone::normal, false, true});
  pane.text(x + 2, y, note, {Tone::warn, false, false});
}

std::vector<PlacedColumn> place_columns(std::span<const TableColumn> columns,
                                        int width) {
  std::vector<PlacedColumn> placed(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    placed[i] = {i, 0, columns[i].width};
  }
  const auto needed = [&] {
    int sum = 0;
    for (const PlacedColumn& place : placed) sum += place.width + 1;
    return sum;
  };
  while (placed.size() > 1 && needed() > width) {
    placed.erase(
        std::ranges::min_element(placed, {}, [&](const PlacedColumn& place) {
          return columns[place.index].weight;
        }));
  }
  int spare = std::max(width - needed(), 0);
  int x = 0;
  for (PlacedColumn& place : placed) {
    const int room = columns[place.index].max_width - place.width;
    const int extra = std::clamp(room, 0, spare);
    place.width += extra;
    spare -= extra;
    place.x = x + 1;
    x += place.width + 1;
  }
  return placed;
}

void draw_cell(const Pane& pane, int y, const TableColumn& column,
               const PlacedColumn& place, std::string_view raw, Style style) {
  if (column.right) {
    pane.text_right(place.x + place.width, y, raw, style, place.width);
  } else {
    pane.text(place.x, y, raw, style, place.width);
  }
}

void draw_table_head(const Pane& pane, int y,
                     std::span<const TableColumn> columns,
                     std::span<const PlacedColumn> placed, size_t sorted,
                     bool descends) {
  for (const PlacedColumn& place : placed) {
    const TableColumn& column = columns[place.index];
    const bool sorts = place.index == sorted;
    std::string title(column.title);
    if (sorts) title += descends ? "▼" : "▲";
    draw_cell(pane, y, column, place, title, {Tone::title, sorts, false});
    pane.zone({place.x, y, place.width, 1}, Zone::Kind::column,
              static_cast<int64_t>(place.index));
  }
}

void draw_selection(const Pane& pane, int y) {
  pane.restyle({0, y, pane.width(), 1}, {Tone::normal, true, true});
  pane.glyph(0, y, U'▶', {Tone::normal, true, true});
}

int scroll_to(int top, int selected, int height, int size) {
  if (selected < top) top = selected;
  if (selected >= top + height) top = selected - height + 1;
  return std::clamp(top, 0, std::max(size - height, 0));
}

}  // namespace tidemark
