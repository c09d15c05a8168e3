#include "tui/svg.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "core/base/text.h"

namespace tidemark {
namespace {

// Of one cell, in pixels.
constexpr double kWidth = 8.4;
constexpr double kHeight = 17;
constexpr double kBaseline = 13;
constexpr double kMargin = 8;

bool is_braille(char32_t glyph) { return glyph >= 0x2800 && glyph <= 0x28FF; }

class Picture {
 public:
  Picture(const Canvas& canvas, Theme theme) : canvas_(canvas), theme_(theme) {}

  std::string draw() {
    const double width = canvas_.width() * kWidth + 2 * kMargin;
    const double height = canvas_.height() * kHeight + 2 * kMargin;
    put("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0f}\" "
        "height=\"{:.0f}\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, "
        "monospace\" font-size=\"14\" xml:space=\"preserve\">\n",
        width, height);
    put("<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#{:06x}\"/>\n",
        background_rgb(theme_));
    for (int y = 0; y < canvas_.height(); ++y) {
      draw_backgrounds(y);
      draw_dots(y);
      draw_text(y);
    }
    out_ += "</svg>\n";
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format,
                   std::forward<Args>(args)...);
  }

  static double left(int x) { return kMargin + x * kWidth; }
  static double top(int y) { return kMargin + y * kHeight; }

  uint32_t ink(const Style& style) const {
    return look_of(theme_, style.tone).rgb;
  }
  uint32_t front(const Style& style) const {
    return style.reverse ? background_rgb(theme_) : ink(style);
  }
  uint32_t back(const Style& style) const {
    if (style.reverse) return ink(style);
    return style.shade ? shade_rgb(theme_) : background_rgb(theme_);
  }

  // The first column after `x` in which `differs`.
  template <typename Differs>
  int run_end(int x, const Differs& differs) const {
    int end = x + 1;
    while (end < canvas_.width() && !differs(end)) ++end;
    return end;
  }

  void draw_backgrounds(int y) {
    for (int x = 0; x < canvas_.width();) {
      const uint32_t colour = back(canvas_.at(x, y).style);
      const int end = run_end(
          x, [&](int at) { return back(canvas_.at(at, y).style) != colour; });
      if (colour != background_rgb(theme_)) {
        put("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
            "height=\"{:.1f}\" fill=\"#{:06x}\"/>\n",
            left(x), top(y), (end - x) * kWidth, kHeight, colour);
      }
      x = end;
    }
  }

  // Braille as small squares: one path for a run of one colour.
  void draw_dots(int y) {
    for (int x = 0; x < canvas_.width();) {
      const Cell& cell = canvas_.at(x, y);
      if (!is_braille(cell.glyph[0])) {
        ++x;
        continue;
      }
      const uint32_t colour = front(cell.style);
      const int end = run_end(x, [&](int at) {
        const Cell& other = canvas_.at(at, y);
        return !is_braille(other.glyph[0]) || front(other.style) != colour;
      });
      put("<path fill=\"#{:06x}\" d=\"", colour);
      for (; x < end; ++x) add_dots(x, y, canvas_.at(x, y).glyph[0] - 0x2800);
      out_ += "\"/>\n";
    }
  }

  void add_dots(int x, int y, uint32_t dots) {
    // Bits in Unicode's order: left column 1-3, right 4-6, then 7 and 8.
    constexpr std::array<std::array<int, 2>, 8> kAt = {
        {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}}};
    for (size_t bit = 0; bit < kAt.size(); ++bit) {
      if ((dots >> bit & 1) == 0) continue;
      put("M{:.1f} {:.1f}h3.4v3.4h-3.4z",
          left(x) + kAt[bit][0] * kWidth / 2 + 0.4,
          top(y) + kAt[bit][1] * kHeight / 4 + 0.4);
    }
  }

  bool is_text(int x, int y) const {
    const char32_t glyph = canvas_.at(x, y).glyph[0];
    return !canvas_.at(x, y).tail && glyph != U' ' && !is_braille(glyph);
  }

  void draw_text(int y) {
    for (int x = 0; x < canvas_.width();) {
      if (!is_text(x, y)) {
        ++x;
        continue;
      }
      const Style style = canvas_.at(x, y).style;
      const int end = run_end(x, [&](int at) {
        const Style other = canvas_.at(at, y).style;
        return !is_text(at, y) || front(other) != front(style) ||
               other.bold != style.bold;
      });
      put_text(x, end, y, style);
      x = end;
    }
  }

  void put_text(int begin, int end, int y, const Style& style) {
    std::string text;
    for (int x = begin; x < end; ++x) {
      for (const char32_t code : canvas_.at(x, y).glyph) {
        if (code != 0) append_utf8(text, code);
      }
    }
    // A wide glyph's right half belongs to the text's length.
    const bool wide = end < canvas_.width() && canvas_.at(end, y).tail;
    const int columns = end - begin + (wide ? 1 : 0);
    put("<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"#{:06x}\"{} "
        "textLength=\"{:.1f}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>\n",
        left(begin), top(y) + kBaseline, front(style),
        style.bold ? " font-weight=\"bold\"" : "", columns * kWidth,
        sanitize_html(text));
  }

  const Canvas& canvas_;
  Theme theme_;
  std::string out_;
};

}  // namespace

std::string to_svg(const Canvas& canvas, Theme theme) {
  return Picture(canvas, theme).draw();
}

}  // namespace tidemark
