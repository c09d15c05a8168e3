// One sanitizer per sink. Each walks the text by code point, so that nothing
// is cut in the middle of a character and no overlong form slips through.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/text.h"
#include "core/base/utf8.h"

namespace tidemark {
namespace {

constexpr size_t kLogBytes = 1024;
constexpr size_t kLabelBytes = 128;
constexpr std::string_view kCut = "...";

// Calls `rewrite(piece, out)` for every piece of `raw`; stops before a piece
// would take the output above `limit`. False when it stopped early.
template <typename Rewrite>
bool rewrite_pieces(std::string_view raw, std::string& out, Rewrite rewrite,
                    size_t limit = std::string::npos) {
  while (!raw.empty()) {
    const Utf8Piece piece = first_utf8(raw);
    const size_t before = out.size();
    rewrite(piece, out);
    if (out.size() > limit) {
      out.resize(before);
      return false;
    }
    raw.remove_prefix(piece.bytes.size());
  }
  return true;
}

template <typename Rewrite>
std::string rewritten(std::string_view raw, Rewrite rewrite,
                      size_t limit = std::string::npos) {
  std::string out;
  out.reserve(std::min(raw.size(), limit));
  rewrite_pieces(raw, out, rewrite, limit);
  return out;
}

void append_hex(std::string& out, uint32_t value) {
  fmt::format_to(std::back_inserter(out), "\\x{:02x}", value);
}

void for_terminal(const Utf8Piece& piece, std::string& out) {
  if (!piece.valid) {
    append_hex(out, static_cast<uint8_t>(piece.bytes[0]));
  } else if (is_control(piece.code_point)) {
    append_hex(out, piece.code_point);
  } else if (is_invisible(piece.code_point)) {
    out += kReplacement;
  } else {
    out += piece.bytes;
  }
}

// Valid UTF-8 without control characters: what every data format can hold.
void for_data(const Utf8Piece& piece, std::string& out) {
  const bool good = piece.valid && !is_control(piece.code_point);
  out += good ? piece.bytes : kReplacement;
}

// Data that a person will read: nothing invisible either.
void for_reader(const Utf8Piece& piece, std::string& out) {
  const bool hidden = piece.valid && is_invisible(piece.code_point);
  if (hidden) {
    out += kReplacement;
  } else {
    for_data(piece, out);
  }
}

void for_html(const Utf8Piece& piece, std::string& out) {
  switch (piece.valid ? piece.code_point : U'\0') {
    case U'&': out += "&amp;"; return;
    case U'<': out += "&lt;"; return;
    case U'>': out += "&gt;"; return;
    case U'"': out += "&quot;"; return;
    case U'\'': out += "&#39;"; return;
    default: for_reader(piece, out);
  }
}

void for_csv(const Utf8Piece& piece, std::string& out) {
  switch (piece.valid ? piece.code_point : U'\0') {
    case U'"': out += "\"\""; return;
    case U'\n':
    case U'\r':
    case U'\t': out += ' '; return;  // one cell stays one line
    default: for_reader(piece, out);
  }
}

void for_label(const Utf8Piece& piece, std::string& out) {
  switch (piece.valid ? piece.code_point : U'\0') {
    case U'\\': out += "\\\\"; return;
    case U'"': out += "\\\""; return;
    case U'\n': out += "\\n"; return;
    default: for_reader(piece, out);
  }
}

// What a spreadsheet takes for the start of a formula (OWASP, "CSV
// injection"), also in the full-width forms that some locales accept, also
// behind blanks that an import may trim.
bool starts_formula(std::string_view raw) {
  if (raw.empty()) return false;
  if (raw[0] == '\t' || raw[0] == '\r' || raw[0] == '\n') return true;
  const size_t start = raw.find_first_not_of(' ');
  if (start == std::string_view::npos) return false;
  raw.remove_prefix(start);
  if (std::string_view("=+-@").find(raw[0]) != std::string_view::npos) {
    return true;
  }
  const char32_t first = first_utf8(raw).code_point;
  return first == 0xFF1D || first == 0xFF0B || first == 0xFF0D ||
         first == 0xFF20;
}

bool needs_quotes(std::string_view raw) {
  return raw.find_first_of(",;\"\n\r\t") != std::string_view::npos ||
         raw.starts_with(' ') || raw.ends_with(' ');
}

}  // namespace

std::string sanitize_terminal(std::string_view raw) {
  return rewritten(raw, for_terminal);
}

std::string sanitize_html(std::string_view raw) {
  return rewritten(raw, for_html);
}

std::string sanitize_csv(std::string_view raw) {
  const bool quoted = needs_quotes(raw);
  std::string out = quoted ? "\"" : "";
  if (starts_formula(raw)) out += '\'';
  rewrite_pieces(raw, out, for_csv);
  if (quoted) out += '"';
  return out;
}

std::string sanitize_openmetrics(std::string_view raw) {
  return rewritten(raw, for_label, kLabelBytes);
}

std::string sanitize_log(std::string_view raw) {
  std::string out;
  if (!rewrite_pieces(raw, out, for_terminal, kLogBytes - kCut.size())) {
    out += kCut;
  }
  return out;
}

std::string sanitize_json(std::string_view raw) {
  return rewritten(raw, for_data);
}

}  // namespace tidemark
