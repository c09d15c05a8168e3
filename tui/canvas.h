// A screen as data: cells with a glyph and a meaning, drawn by views, turned
// into a terminal by screen.cpp or into text by tests and pipes.
//
// All text enters through Pane::text, which passes it through
// sanitize_terminal, measures it by wcwidth(3) and clips it, so that no byte of
// foreign text can reach a terminal as anything but a glyph.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// Colours by meaning; screen.cpp alone knows which colour each one is.
enum class Tone : uint8_t {
  normal,
  dim,
  title,   // rules, column titles
  accent,  // what the eye should find: the run's name, LIVE
  key,     // keys in the key bar
  good,
  warn,
  bad,
  cpu,  // one tone per measured thing, the same in every view
  memory,
  handles,
  ops,
  setup,  // one per phase kind
  warmup,
  ramp,
  load,
  steady,
  cooldown,
  teardown,
  exclude,
};

struct Style {
  Tone tone = Tone::normal;
  bool bold = false;
  bool reverse = false;
  bool shade = false;  // on the background that marks a phase
  bool operator==(const Style&) const = default;
};

enum class Charset : uint8_t { ascii, utf8 };

struct Cell {
  // A base glyph and up to two combining marks; 0 = none.
  std::array<char32_t, 3> glyph{U' ', 0, 0};
  Style style;
  bool tail = false;  // the right half of a wide glyph: nothing to draw
  bool operator==(const Cell&) const = default;
};

struct Rect {
  int x = 0, y = 0, width = 0, height = 0;
};

// A part of the canvas that does something when it is clicked.
struct Zone {
  enum class Kind : uint8_t {
    key,     // as if this key were pressed
    row,     // this row of the view's list
    column,  // sort by this column of the view's table
    time,    // a time axis: its columns are the rect's
  } kind = Kind::key;
  int64_t value = 0;
  Rect rect;  // on the canvas
};

class Canvas {
 public:
  // Blank cells. Sizes below 1 become 1.
  Canvas(int width, int height, Charset charset);

  int width() const { return width_; }
  int height() const { return height_; }
  Charset charset() const { return charset_; }
  const Cell& at(int x, int y) const { return cells_[index(x, y)]; }
  const std::vector<Zone>& zones() const { return zones_; }
  // The rows as UTF-8 without styles, trailing blanks cut, each with '\n'.
  std::string to_text() const;

 private:
  friend class Pane;
  size_t index(int x, int y) const {
    return static_cast<size_t>(y) * static_cast<size_t>(width_) +
           static_cast<size_t>(x);
  }
  void put(int x, int y, const Cell& cell);

  int width_;
  int height_;
  Charset charset_;
  std::vector<Cell> cells_;
  std::vector<Zone> zones_;
};

// A clipped window on a canvas with its own origin. Cheap to copy.
class Pane {
 public:
  explicit Pane(Canvas& canvas);
  // The part of this pane inside `rect` (in this pane's coordinates).
  Pane sub(Rect rect) const;

  int width() const { return rect_.width; }
  int height() const { return rect_.height; }
  Charset charset() const { return canvas_->charset(); }

  // Writes raw text from x on, at most `max_width` columns; a text that does
  // not fit ends in an ellipsis. Returns the column after the last one written.
  int text(int x, int y, std::string_view raw, Style style = {},
           int max_width = 1 << 20) const;
  // The same, ending before column `right`.
  void text_right(int right, int y, std::string_view raw, Style style = {},
                  int max_width = 1 << 20) const;
  // One glyph of ours (box, block, braille); ASCII canvases get a stand-in.
  void glyph(int x, int y, char32_t glyph, Style style = {}) const;
  void fill(Rect rect, char32_t glyph, Style style = {}) const;
  // Changes the style of cells, keeps their glyphs.
  void restyle(Rect rect, Style style) const;
  // Gives cells the background that marks a phase, keeps all else.
  void shade(Rect rect) const;
  // Makes a part of the pane clickable; a later zone lies over earlier ones.
  void zone(Rect rect, Zone::Kind kind, int64_t value = 0) const;
  // True when nothing is drawn at this cell.
  bool blank(int x, int y) const;

 private:
  bool inside(int x, int y) const;
  // Writes `glyphs` whose columns all lie inside.
  void put(int x, int y, const Cell& cell, int columns) const;

  Canvas* canvas_;
  Rect rect_;
};

// Columns a raw text takes once sanitized, in this charset.
int text_width(std::string_view raw, Charset charset);
// Bytes as typed or drawn: one code point in UTF-8.
void append_utf8(std::string& out, char32_t code);

}  // namespace tidemark
