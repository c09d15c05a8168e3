#include "daemon/procfs/text_cursor.h"

#include <charconv>

namespace tidemark::procfs {
namespace {

constexpr std::string_view kBlanks = " \t\n";

}  // namespace

std::optional<int64_t> parse_number(std::string_view word) {
  // from_chars takes a minus sign; no file read here has a negative count.
  if (word.empty() || word.front() == '-') return std::nullopt;
  int64_t value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<int64_t> parse_limit(std::string_view word) {
  if (word == "max") return kNoLimit;
  return parse_number(word);
}

std::string_view TextCursor::line() {
  const size_t end = rest_.find('\n');
  const std::string_view found = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  return found;
}

std::string_view TextCursor::word() {
  const size_t begin = rest_.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) {
    rest_ = {};
    return {};
  }
  rest_.remove_prefix(begin);
  const size_t end = std::min(rest_.find_first_of(kBlanks), rest_.size());
  const std::string_view found = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return found;
}

bool TextCursor::skip(int count) {
  for (int i = 0; i < count; ++i) {
    if (word().empty()) return false;
  }
  return true;
}

int64_t NumberReader::next() {
  const auto value = cursor_.number();
  if (!value) ok_ = false;
  return value.value_or(0);
}

void NumberReader::skip(int count) {
  if (!cursor_.skip(count)) ok_ = false;
}

std::unexpected<Error> malformed(std::string_view file, std::string_view why) {
  std::string what(file);
  what += ": ";
  what += why;
  return fail(ErrorKind::malformed, std::move(what));
}

}  // namespace tidemark::procfs
