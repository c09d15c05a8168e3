#include "tui/canvas.h"

#include <gtest/gtest.h>

#include <clocale>

namespace tidemark {
namespace {

class CanvasTest : public ::testing::Test {
 protected:
  void SetUp() override { ::setlocale(LC_CTYPE, "C.UTF-8"); }

  static std::string drawn(std::string_view raw, int width,
                           Charset charset = Charset::utf8) {
    Canvas canvas(width, 1, charset);
    Pane(canvas).text(0, 0, raw);
    std::string text = canvas.to_text();
    text.pop_back();  // the newline
    return text;
  }
};

bool has_control_byte(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // C1 in UTF-8: C2 80 .. C2 9F.
    if (byte == 0xC2 && i + 1 < text.size() &&
        static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

TEST_F(CanvasTest, TextThatDoesNotFitEndsInAnEllipsis) {
  EXPECT_EQ(drawn("abcdef", 6), "abcdef");
  EXPECT_EQ(drawn("abcdefg", 6), "abcde…");
  EXPECT_EQ(drawn("abcdefg", 6, Charset::ascii), "abcde~");
  EXPECT_EQ(drawn("abc", 1), "…");
}

TEST_F(CanvasTest, WideGlyphsTakeTwoColumnsAndAreNeverHalved) {
  EXPECT_EQ(text_width("中文", Charset::utf8), 4);
  EXPECT_EQ(drawn("中文", 4), "中文");
  EXPECT_EQ(drawn("中文", 3), "中…");
  EXPECT_EQ(drawn("中文x", 4), "中…");
}

TEST_F(CanvasTest, OverwritingHalfAWideGlyphBlanksTheOther) {
  Canvas canvas(4, 1, Charset::utf8);
  const Pane pane(canvas);
  pane.text(0, 0, "中文");
  pane.text(1, 0, "x");
  EXPECT_EQ(canvas.to_text(), " x文\n");
  pane.text(2, 0, "y");
  EXPECT_EQ(canvas.to_text(), " xy\n");
}

TEST_F(CanvasTest, CombiningMarksStayWithTheirGlyph) {
  EXPECT_EQ(text_width("e\u0301x", Charset::utf8), 2);
  EXPECT_EQ(drawn("e\u0301x", 2), "e\u0301x");
  // More than two would climb over other rows.
  EXPECT_EQ(drawn("e\u0301\u0302\u0303\u0304x", 9), "e\u0301\u0302x");
}

TEST_F(CanvasTest, HostileTextLeavesNoControlByte) {
  const std::string_view hostile[] = {
      "\x1b[2J\x1b]0;owned\x07",
      "a\nb\tc\rd\be",
      "\xc2\x9b"
      "31m",  // C1 CSI
      "\xe2\x80\xae"
      "evil\xe2\x80\xac",              // bidi override
      "\xe2\x81\xa6x\xe2\x81\xa9",     // bidi isolate
      "\xff\xfe\xc0\x80\xed\xa0\x80",  // invalid UTF-8, a surrogate
      "\xe2\x80\x8b\xef\xbb\xbf",      // zero width, BOM
      std::string_view("\0x\0y", 4),
      "\xf4\x90\x80\x80",  // past U+10FFFF
      "שלום עולם",
      "\x7f\x80\x9f",
  };
  for (const std::string_view raw : hostile) {
    for (const Charset charset : {Charset::utf8, Charset::ascii}) {
      const std::string text = drawn(raw, 60, charset);
      EXPECT_FALSE(has_control_byte(text)) << raw;
      EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << raw;
      EXPECT_EQ(text.find("\xe2\x81\xa6"), std::string::npos) << raw;
    }
  }
}

TEST_F(CanvasTest, EveryByteValueIsDrawnWithinItsPane) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string raw(3, static_cast<char>(byte));
    Canvas canvas(10, 3, Charset::utf8);
    const Pane pane = Pane(canvas).sub({2, 1, 4, 1});
    pane.text(0, 0, raw);
    const std::string text = canvas.to_text();
    EXPECT_EQ(text.front(), '\n') << byte;
    EXPECT_EQ(text.substr(text.size() - 2), "\n\n") << byte;
    for (const int x : {0, 1, 6, 7, 8, 9}) {
      EXPECT_EQ(canvas.at(x, 1).glyph[0], U' ') << byte;
    }
  }
}

TEST_F(CanvasTest, PanesClipOnAllSides) {
  Canvas canvas(6, 3, Charset::utf8);
  const Pane pane = Pane(canvas).sub({1, 1, 3, 1});
  pane.fill({-5, -5, 20, 20}, U'x');
  pane.text(-2, 0, "abcdef");
  pane.text(0, 7, "below");
  EXPECT_EQ(canvas.to_text(), "\n cd…\n\n");
  const Pane outside = Pane(canvas).sub({10, 10, 5, 5});
  EXPECT_EQ(outside.width(), 0);
  outside.text(0, 0, "nothing");
}

TEST_F(CanvasTest, RightAlignedTextEndsWhereItShould) {
  Canvas canvas(8, 1, Charset::utf8);
  Pane(canvas).text_right(6, 0, "中1", {}, 5);
  EXPECT_EQ(canvas.to_text(), "   中1\n");
}

TEST_F(CanvasTest, AsciiHasAStandInForEveryGlyph) {
  EXPECT_EQ(drawn("─│▼▶█é中", 20, Charset::ascii), "-|v>#??");
}

}  // namespace
}  // namespace tidemark
