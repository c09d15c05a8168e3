#include "tui/canvas.h"

#include <wchar.h>

#include <algorithm>

#include "core/base/text.h"

namespace tidemark {
namespace {

// A glyph with its marks, as one cell or two.
struct Cluster {
  std::array<char32_t, 3> glyph{0, 0, 0};
  int columns = 1;
};

// Decodes valid UTF-8 (sanitize_terminal made it so); anything else is U+FFFD.
char32_t next_code(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at++);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC2 ? 1 : 0;
  if (more == 0 || at + static_cast<size_t>(more) > text.size()) return 0xFFFD;
  char32_t code = lead & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    const uint8_t next = byte(at++);
    if ((next & 0xC0) != 0x80) return 0xFFFD;
    code = (code << 6) | (next & 0x3Fu);
  }
  return code;
}

char32_t ascii_stand_in(char32_t glyph) {
  if (glyph < 0x7F) return glyph;
  if (glyph >= 0x2800 && glyph <= 0x28FF) return glyph == 0x2800 ? U' ' : U'#';
  switch (glyph) {
    case U'─': return U'-';
    case U'│':
    case U'├':
    case U'└': return U'|';
    case U'┊':
    case U'┆': return U':';
    case U'╌': return U'-';
    case U'▲':
    case U'△': return U'^';
    case U'▼':
    case U'▽': return U'v';
    case U'▶':
    case U'→':
    case U'›': return U'>';
    case U'◀':
    case U'←': return U'<';
    case U'●':
    case U'█': return U'#';
    case U'·':
    case U'…':
    case U'░': return U'.';
    case U'≥': return U'>';
    case U'≤': return U'<';
    case U'±': return U'~';
    default: return U'?';
  }
}

// Columns of one code point: 0 for a combining mark, -1 for what no terminal
// should be sent.
int code_columns(char32_t code, Charset charset) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return -1;
  if (code < 0x7F || charset == Charset::ascii) return 1;
  return ::wcwidth(static_cast<wchar_t>(code));
}

std::vector<Cluster> clusters(std::string_view raw, Charset charset) {
  const std::string text = sanitize_terminal(raw);
  std::vector<Cluster> result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    char32_t code = next_code(text, at);
    int columns = code_columns(code, charset);
    if (columns < 0) {
      code = 0xFFFD;
      columns = 1;
    }
    if (columns == 0) {
      if (result.empty()) continue;  // a mark on nothing
      Cluster& last = result.back();
      if (last.glyph[1] == 0)
        last.glyph[1] = code;
      else if (last.glyph[2] == 0)
        last.glyph[2] = code;
      continue;  // further marks would climb over the rows above
    }
    if (charset == Charset::ascii) code = ascii_stand_in(code);
    result.push_back({{code, 0, 0}, columns});
  }
  return result;
}

int total_columns(const std::vector<Cluster>& text) {
  int columns = 0;
  for (const Cluster& cluster : text) columns += cluster.columns;
  return columns;
}

// Cuts to `width` columns, the last of them an ellipsis.
void shorten(std::vector<Cluster>& text, int width, Charset charset) {
  int columns = total_columns(text);
  if (columns <= width) return;
  while (!text.empty() && columns > width - 1) {
    columns -= text.back().columns;
    text.pop_back();
  }
  if (width < 1) return;
  const char32_t dots = charset == Charset::ascii ? U'~' : U'…';
  text.push_back({{dots, 0, 0}, 1});
}

}  // namespace

void append_utf8(std::string& out, char32_t code) {
  const auto byte = [&](char32_t value) {
    out.push_back(static_cast<char>(static_cast<uint8_t>(value)));
  };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3F));
  } else {
    byte(0xF0 | ((code >> 18) & 0x07));
    byte(0x80 | ((code >> 12) & 0x3F));
    byte(0x80 | ((code >> 6) & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

int text_width(std::string_view raw, Charset charset) {
  return total_columns(clusters(raw, charset));
}

Canvas::Canvas(int width, int height, Charset charset)
    : width_(std::max(width, 1)),
      height_(std::max(height, 1)),
      charset_(charset),
      cells_(static_cast<size_t>(width_) * static_cast<size_t>(height_)) {}

// Overwriting half of a wide glyph leaves a blank, not a broken half.
void Canvas::put(int x, int y, const Cell& cell) {
  Cell& old = cells_[index(x, y)];
  if (old.tail && !cell.tail && x > 0) {
    cells_[index(x - 1, y)].glyph = {U' ', 0, 0};
  }
  if (!old.tail && x + 1 < width_ && cells_[index(x + 1, y)].tail) {
    cells_[index(x + 1, y)] = Cell{};
  }
  old = cell;
}

std::string Canvas::to_text() const {
  std::string out;
  for (int y = 0; y < height_; ++y) {
    const size_t row = out.size();
    size_t end = row;
    for (int x = 0; x < width_; ++x) {
      const Cell& cell = at(x, y);
      if (cell.tail) continue;
      for (const char32_t code : cell.glyph) {
        if (code != 0) append_utf8(out, code);
      }
      if (cell.glyph[0] != U' ') end = out.size();
    }
    out.resize(end);
    out.push_back('\n');
  }
  return out;
}

Pane::Pane(Canvas& canvas)
    : canvas_(&canvas), rect_{0, 0, canvas.width(), canvas.height()} {}

Pane Pane::sub(Rect rect) const {
  Pane result = *this;
  const int left = std::clamp(rect.x, 0, rect_.width);
  const int top = std::clamp(rect.y, 0, rect_.height);
  const int right = std::clamp(rect.x + rect.width, left, rect_.width);
  const int bottom = std::clamp(rect.y + rect.height, top, rect_.height);
  result.rect_ = {rect_.x + left, rect_.y + top, right - left, bottom - top};
  return result;
}

bool Pane::inside(int x, int y) const {
  return x >= 0 && y >= 0 && x < rect_.width && y < rect_.height;
}

void Pane::put(int x, int y, const Cell& cell, int columns) const {
  canvas_->put(rect_.x + x, rect_.y + y, cell);
  if (columns < 2) return;
  Cell tail{{U' ', 0, 0}, cell.style, false};
  canvas_->put(rect_.x + x + 1, rect_.y + y, tail);
  canvas_->cells_[canvas_->index(rect_.x + x + 1, rect_.y + y)].tail = true;
}

int Pane::text(int x, int y, std::string_view raw, Style style,
               int max_width) const {
  if (y < 0 || y >= rect_.height || x >= rect_.width) return x;
  std::vector<Cluster> glyphs = clusters(raw, charset());
  shorten(glyphs, std::min(max_width, rect_.width - x), charset());
  for (const Cluster& cluster : glyphs) {
    if (x >= 0 && inside(x + cluster.columns - 1, y)) {
      put(x, y, {cluster.glyph, style, false}, cluster.columns);
    }
    x += cluster.columns;
  }
  return x;
}

void Pane::text_right(int right, int y, std::string_view raw, Style style,
                      int max_width) const {
  const int width = std::min(text_width(raw, charset()), max_width);
  text(right - width, y, raw, style, width);
}

void Pane::glyph(int x, int y, char32_t glyph, Style style) const {
  if (!inside(x, y)) return;
  if (charset() == Charset::ascii) glyph = ascii_stand_in(glyph);
  put(x, y, {{glyph, 0, 0}, style, false}, 1);
}

void Pane::fill(Rect rect, char32_t code, Style style) const {
  for (int y = rect.y; y < rect.y + rect.height; ++y) {
    for (int x = rect.x; x < rect.x + rect.width; ++x) glyph(x, y, code, style);
  }
}

void Pane::restyle(Rect rect, Style style) const {
  for (int y = rect.y; y < rect.y + rect.height; ++y) {
    for (int x = rect.x; x < rect.x + rect.width; ++x) {
      if (!inside(x, y)) continue;
      canvas_->cells_[canvas_->index(rect_.x + x, rect_.y + y)].style = style;
    }
  }
}

void Pane::zone(Rect rect, Zone::Kind kind, int64_t value) const {
  const Pane part = sub(rect);
  if (part.width() < 1 || part.height() < 1) return;
  canvas_->zones_.push_back({kind, value, part.rect_});
}

void Pane::shade(Rect rect) const {
  for (int y = rect.y; y < rect.y + rect.height; ++y) {
    for (int x = rect.x; x < rect.x + rect.width; ++x) {
      if (!inside(x, y)) continue;
      canvas_->cells_[canvas_->index(rect_.x + x, rect_.y + y)].style.shade =
          true;
    }
  }
}

bool Pane::blank(int x, int y) const {
  if (!inside(x, y)) return false;
  const Cell& cell = canvas_->at(rect_.x + x, rect_.y + y);
  return cell.glyph[0] == U' ' && !cell.tail;
}

}  // namespace tidemark
