// Figures in what a load command prints.
#include <algorithm>
#include <charconv>

#include "core/analysis/plan.h"

namespace tidemark {
namespace {

constexpr size_t kFilling = 3;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_of_number(char c) { return (c >= '0' && c <= '9') || c == '.'; }

// How long the run of `c` at the begin is.
size_t run_of(std::string_view text, char c) {
  const size_t end = text.find_first_not_of(c);
  return end == text.npos ? text.size() : end;
}

// Behind `text`'s begin; nullopt: `pattern` is not there. A run of blanks in
// the pattern matches any run, and so do three dots or more: generators fill
// their columns with either.
std::optional<size_t> behind(std::string_view text, std::string_view pattern) {
  size_t at = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const size_t dots = run_of(pattern.substr(i), '.');
    if (dots >= kFilling) {
      const size_t filled = run_of(text.substr(std::min(at, text.size())), '.');
      if (filled == 0) return std::nullopt;
      at += filled;
      i += dots - 1;
    } else if (is_blank(pattern[i])) {
      if (at >= text.size() || !is_blank(text[at])) return std::nullopt;
      while (at < text.size() && is_blank(text[at])) ++at;
      while (i + 1 < pattern.size() && is_blank(pattern[i + 1])) ++i;
    } else if (at < text.size() && text[at] == pattern[i]) {
      ++at;
    } else {
      return std::nullopt;
    }
  }
  return at;
}

// A number at the begin, and behind it `after`.
std::optional<double> number_before(std::string_view text,
                                    std::string_view after) {
  double value = 0;
  const auto [end, error] = std::from_chars(
      text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  const auto used = static_cast<size_t>(end - text.data());
  return behind(text.substr(used), after) ? std::optional(value) : std::nullopt;
}

std::optional<double> in_line(std::string_view line, std::string_view before,
                              std::string_view after) {
  for (size_t i = 0; i < line.size(); ++i) {
    const auto begin = behind(line.substr(i), before);
    if (!begin) continue;
    const size_t at = i + *begin;
    const bool inside = at > 0 && before.empty() && is_of_number(line[at - 1]);
    if (inside) continue;  // the end of a longer number
    if (const auto value = number_before(line.substr(at), after)) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> find_figure(std::string_view output,
                                  std::string_view pattern) {
  const size_t hole = pattern.find("{}");
  if (hole == pattern.npos) return std::nullopt;
  const std::string_view before = pattern.substr(0, hole);
  const std::string_view after = pattern.substr(hole + 2);
  std::optional<double> found;
  while (!output.empty()) {
    // A progress line is overwritten by a carriage return.
    const size_t end = output.find_first_of("\n\r");
    if (const auto value = in_line(output.substr(0, end), before, after)) {
      found = value;
    }
    if (end == output.npos) break;
    output.remove_prefix(end + 1);
  }
  return found;
}

}  // namespace tidemark
