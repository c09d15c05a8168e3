#include "report/table.h"

#include <algorithm>
#include <cstdint>

#include "core/base/utf8.h"

namespace tidemark {
namespace {

// Blocks that terminals draw two columns wide (Unicode TR11, W and F, by
// block: enough for names, exact for no font).
bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) ||
         (c >= 0x20000 && c <= 0x3FFFD);
}

bool is_combining(char32_t c) {
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF) ||
         (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE00 && c <= 0xFE0F);
}

size_t width_of(char32_t c) {
  if (is_combining(c)) return 0;
  return is_wide(c) ? 2 : 1;
}

constexpr std::string_view kBetween = "  ";

void pad(std::string& line, size_t columns) { line.append(columns, ' '); }

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Utf8Piece piece = first_utf8(text);
    width += piece.valid ? width_of(piece.code_point) : 1;
    text.remove_prefix(piece.bytes.size());
  }
  return width;
}

std::string fit(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string cut;
  size_t used = 0;
  while (!text.empty()) {
    const Utf8Piece piece = first_utf8(text);
    used += piece.valid ? width_of(piece.code_point) : 1;
    if (used + 1 > width) break;
    cut += piece.bytes;
    text.remove_prefix(piece.bytes.size());
  }
  return cut + "…";
}

std::string wrap(std::string_view text, size_t width, size_t indent) {
  std::string out;
  size_t used = indent;
  bool is_fresh = true;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const size_t columns = display_width(word);
    if (!is_fresh && used + 1 + columns > width) {
      out += "\n" + std::string(indent, ' ');
      used = indent;
    } else if (!is_fresh) {
      out += ' ';
      ++used;
    }
    is_fresh = false;
    out += word;
    used += columns;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void TextTable::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i] = fit(cells[i], columns_[i].most);
  }
  rows_.push_back({std::move(cells), ""});
}

void TextTable::add_section(std::string text) {
  rows_.push_back({{}, std::move(text)});
}

std::vector<size_t> TextTable::widths() const {
  std::vector<size_t> widths;
  for (const Column& column : columns_) {
    widths.push_back(display_width(column.title));
  }
  for (const Row& row : rows_) {
    for (size_t i = 0; i < row.cells.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row.cells[i]));
    }
  }
  return widths;
}

std::vector<bool> TextTable::chosen(const std::vector<size_t>& widths,
                                    size_t width) const {
  std::vector<bool> shown(columns_.size(), true);
  size_t total = 0;
  for (const size_t column : widths) total += column + kBetween.size();
  while (total > width + kBetween.size()) {
    size_t least = columns_.size();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!shown[i] || columns_[i].spare == 0) continue;
      const bool is_less =
          least == columns_.size() || columns_[i].spare > columns_[least].spare;
      if (is_less) least = i;
    }
    if (least == columns_.size()) break;
    shown[least] = false;
    total -= widths[least] + kBetween.size();
  }
  return shown;
}

std::string TextTable::render(std::string_view indent, size_t width) const {
  const std::vector<size_t> columns = widths();
  const size_t room = width - std::min(width, indent.size());
  const std::vector<bool> shown = chosen(columns, room);
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line(indent);
    for (size_t i = 0; i < cells.size(); ++i) {
      if (!shown[i]) continue;
      if (line.size() > indent.size()) line += kBetween;
      const size_t blank = columns[i] - display_width(cells[i]);
      if (columns_[i].align == Align::right) pad(line, blank);
      line += cells[i];
      if (columns_[i].align == Align::left) pad(line, blank);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  add_line(titles);
  for (const Row& row : rows_) {
    if (row.section.empty()) {
      add_line(row.cells);
    } else {
      text += row.section + "\n";
    }
  }
  return text;
}

}  // namespace tidemark
