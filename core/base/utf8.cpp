#include "core/base/utf8.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tidemark {
namespace {

// What a first byte promises: length, its payload bits, and the smallest code
// point of that length (a smaller one is overlong).
struct Lead {
  size_t length;
  char32_t bits;
  char32_t smallest;
};

Lead lead_of(uint8_t byte) {
  if (byte < 0x80) return {1, byte, 0};
  if ((byte & 0xE0) == 0xC0) return {2, byte & 0x1Fu, 0x80};
  if ((byte & 0xF0) == 0xE0) return {3, byte & 0x0Fu, 0x800};
  if ((byte & 0xF8) == 0xF0) return {4, byte & 0x07u, 0x10000};
  return {0, 0, 0};
}

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode 15: Bidi_Control, zero-width format characters, separators, tags.
constexpr std::array kInvisible = {
    Range{0x00AD, 0x00AD},   Range{0x034F, 0x034F}, Range{0x061C, 0x061C},
    Range{0x115F, 0x1160},   Range{0x17B4, 0x17B5}, Range{0x180B, 0x180F},
    Range{0x200B, 0x200F},   Range{0x2028, 0x202E}, Range{0x2060, 0x206F},
    Range{0x3164, 0x3164},   Range{0xFE00, 0xFE0F}, Range{0xFEFF, 0xFEFF},
    Range{0xFFA0, 0xFFA0},   Range{0xFFF0, 0xFFFB}, Range{0x1BCA0, 0x1BCA3},
    Range{0xE0000, 0xE0FFF},
};

// Unicode 15, 23.7: for a program's own use, never to be exchanged; HTML and
// XML do not take them.
bool is_noncharacter(char32_t code_point) {
  return (code_point & 0xFFFE) == 0xFFFE ||
         (code_point >= 0xFDD0 && code_point <= 0xFDEF);
}

}  // namespace

Utf8Piece first_utf8(std::string_view text) {
  const Utf8Piece invalid{text.substr(0, 1), 0, false};
  const auto [length, bits, smallest] = lead_of(static_cast<uint8_t>(text[0]));
  if (length == 0 || length > text.size()) return invalid;
  char32_t code_point = bits;
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if ((byte & 0xC0) != 0x80) return invalid;
    code_point = (code_point << 6) | (byte & 0x3Fu);
  }
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < smallest || surrogate || code_point > 0x10FFFF) {
    return invalid;
  }
  return {text.substr(0, length), code_point, true};
}

bool is_control(char32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F);
}

bool is_invisible(char32_t code_point) {
  if (is_noncharacter(code_point)) return true;
  return std::ranges::any_of(kInvisible, [&](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

}  // namespace tidemark
