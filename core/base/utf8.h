// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing
// above U+10FFFF. Foreign text may hold anything, so decoding never fails: a
// byte that fits nowhere comes out alone, marked invalid.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidemark {

struct Utf8Piece {
  std::string_view bytes;  // 1 to 4 bytes; exactly 1 when invalid
  char32_t code_point = 0;
  bool valid = false;
};

// The piece at the start of `text`, which must not be empty.
Utf8Piece first_utf8(std::string_view text);

// True for what can move the cursor, reorder or hide text where it is shown:
// C0, DEL and C1 controls.
bool is_control(char32_t code_point);
// True for bidirectional controls, zero-width characters, line and paragraph
// separators and tags: invisible, yet they change what a reader sees; and for
// noncharacters, which no format takes.
bool is_invisible(char32_t code_point);

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace tidemark
