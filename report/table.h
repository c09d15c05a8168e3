// A table of text: columns as wide as their cells, in characters not bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// The columns a terminal needs for `text`, which is sanitized UTF-8: wide
// characters (East Asian, emoji) take two.
size_t display_width(std::string_view text);
// At most `width` columns, the cut shown by "…".
std::string fit(std::string_view text, size_t width);

// Breaks sanitized text at blanks into lines of at most `width` columns. The
// first line is continued from column `indent`, the others begin with as many
// blanks. A word longer than a line stays whole.
std::string wrap(std::string_view text, size_t width, size_t indent);

class TextTable {
 public:
  enum class Align : uint8_t { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
    size_t most = 40;  // wider cells are cut
    int spare = 0;     // when the table is too wide, the highest goes first
  };

  explicit TextTable(std::vector<Column> columns)
      : columns_(std::move(columns)) {}
  // Cells must be sanitized; missing ones are blank.
  void add(std::vector<std::string> cells);
  // A line of its own between rows, as wide as it likes.
  void add_section(std::string text);
  bool empty() const { return rows_.empty(); }
  // Title line and rows, each behind `indent`, no trailing blanks. Columns
  // with `spare` are left out as long as rows are wider than `width`.
  std::string render(std::string_view indent = "",
                     size_t width = SIZE_MAX) const;

 private:
  std::vector<Column> columns_;
  struct Row {
    std::vector<std::string> cells;
    std::string section;  // instead of cells
  };
  std::vector<size_t> widths() const;
  // Which columns are shown within `width`.
  std::vector<bool> chosen(const std::vector<size_t>& widths,
                           size_t width) const;

  std::vector<Row> rows_;
};

}  // namespace tidemark
