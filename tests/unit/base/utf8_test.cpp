#include "core/base/utf8.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

// The encoding of RFC 3629, written out by hand as the other side.
std::string encode(char32_t c) {
  const auto byte = [](char32_t value) { return static_cast<char>(value); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
  if (c < 0x10000) {
    return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)),
            byte(0x80 | (c & 0x3F))};
  }
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)),
          byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
}

TEST(Utf8, DecodesEveryCodePointAndNoSurrogate) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    const std::string text = encode(c) + "x";
    const Utf8Piece piece = first_utf8(text);
    if (c >= 0xD800 && c <= 0xDFFF) {
      ASSERT_FALSE(piece.valid);
      continue;
    }
    ASSERT_TRUE(piece.valid);
    ASSERT_EQ(piece.code_point, c);
    ASSERT_EQ(piece.bytes.size() + 1, text.size());
  }
}

TEST(Utf8, GivesInvalidBytesOneByOne) {
  for (const char* text :
       {"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xc3", "\x80", "\xff", "\xc3("}) {
    const Utf8Piece piece = first_utf8(text);
    EXPECT_FALSE(piece.valid) << text;
    EXPECT_EQ(piece.bytes.size(), 1u);
  }
}

TEST(Utf8, NamesControlsAndInvisibles) {
  EXPECT_TRUE(is_control(0x00));
  EXPECT_TRUE(is_control(0x1B));
  EXPECT_TRUE(is_control(0x7F));
  EXPECT_TRUE(is_control(0x9B));
  EXPECT_FALSE(is_control(U' '));
  EXPECT_FALSE(is_control(0xA0));
  for (const uint32_t c : {0x061Cu, 0x200Bu, 0x200Fu, 0x202Au, 0x202Eu, 0x2066u,
                           0x2069u, 0xFEFFu, 0xE0041u}) {
    EXPECT_TRUE(is_invisible(c)) << c;
  }
  EXPECT_FALSE(is_invisible(U'a'));
  EXPECT_FALSE(is_invisible(0x4E16));
  EXPECT_FALSE(is_invisible(0xFFFD));
}

}  // namespace
}  // namespace tidemark
