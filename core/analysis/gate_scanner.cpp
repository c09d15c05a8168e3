#include "core/analysis/gate_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr std::string_view kNotInNames = " \t\r\n(){},<>=!~\"'@%+;";

bool is_name_char(char c) {
  return static_cast<unsigned char>(c) > ' ' &&
         kNotInNames.find(c) == std::string_view::npos;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<std::string_view, 17> kUnits = {
    "B",   "kB", "KiB", "MB", "MiB", "GB", "GiB", "TB", "TiB",
    "min", "ns", "us",  "ms", "s",   "m",  "h",   "d"};

struct PerName {
  std::string_view name;
  GatePer per;
};
constexpr std::array kPerNames = {
    PerName{"s", GatePer::second},   PerName{"sec", GatePer::second},
    PerName{"min", GatePer::minute}, PerName{"h", GatePer::hour},
    PerName{"op", GatePer::op},
};

std::optional<GatePer> per_of(std::string_view word) {
  for (const PerName& name : kPerNames) {
    if (name.name == word) return name.per;
  }
  return std::nullopt;
}

}  // namespace

void GateScanner::skip_blanks() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
}

bool GateScanner::done() {
  skip_blanks();
  return at_ == text_.size();
}

bool GateScanner::take(std::string_view sign) {
  skip_blanks();
  if (!text_.substr(at_).starts_with(sign)) return false;
  at_ += sign.size();
  return true;
}

std::string_view GateScanner::peek_word() {
  skip_blanks();
  size_t end = at_;
  while (end < text_.size() && is_name_char(text_[end])) ++end;
  return text_.substr(at_, end - at_);
}

bool GateScanner::take_word(std::string_view word) {
  if (peek_word() != word) return false;
  at_ += word.size();
  return true;
}

Result<std::string> GateScanner::name() {
  skip_blanks();
  if (at_ == text_.size()) return std::string();
  const char quote = text_[at_];
  if (quote != '\'' && quote != '"') {
    const std::string_view word = peek_word();
    at_ += word.size();
    return std::string(word);
  }
  const size_t end = text_.find(quote, at_ + 1);
  if (end == std::string_view::npos) {
    return wrong("this quote is never closed");
  }
  std::string word(text_.substr(at_ + 1, end - at_ - 1));
  at_ = end + 1;
  return word;
}

std::string GateScanner::found() {
  if (done()) return "the end";
  const std::string_view word = peek_word();
  return fmt::format("'{}'", word.empty() ? text_.substr(at_, 1) : word);
}

Status GateScanner::expect(std::string_view sign) {
  if (take(sign)) return {};
  return wrong(fmt::format("'{}' is expected here, not {}", sign, found()));
}

Result<double> GateScanner::number() {
  skip_blanks();
  const size_t begin = at_;
  const bool minus = take("-");
  if (!minus) take("+");
  size_t end = at_;
  while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.')) {
    ++end;
  }
  double value = 0;
  const char* last = text_.data() + end;
  const auto [rest, error] = std::from_chars(text_.data() + at_, last, value,
                                             std::chars_format::fixed);
  if (end == at_ || error != std::errc{} || rest != last) {
    at_ = begin;
    return wrong("a number is expected here, not " + found());
  }
  at_ = end;
  return minus ? -value : value;
}

Status GateScanner::apply_unit(GateAmount& amount, std::string_view unit) {
  if (const auto bytes = parse_bytes("1" + std::string(unit))) {
    amount.dimension = GateDimension::bytes;
    amount.value *= static_cast<double>(bytes->count);
  } else if (const auto time = parse_duration("1" + std::string(unit))) {
    amount.dimension = GateDimension::time;
    amount.value *= static_cast<double>(time->count()) * 1e-9;
  } else {
    return wrong_at(amount.at, unknown_message("unit", unit, kUnits) +
                                   " (1 kB = 1000 B, 1 KiB = 1024 B)");
  }
  return {};
}

Result<GateAmount> GateScanner::amount(GatePer& per) {
  skip_blanks();
  GateAmount amount;
  amount.at = at_;
  TIDEMARK_TRY(amount.value, number());
  const size_t after_number = at_;
  // "1h30m" is one amount: digits may follow the first unit.
  std::string_view word = peek_word();
  const size_t slash = word.find('/');
  word = word.substr(0, slash);
  if (take("%")) {
    amount.dimension = GateDimension::ratio;
    amount.value /= 100;
  } else if (word.empty() ||
             (at_ > after_number && slash == word.npos &&
              std::ranges::find(kUnits, word) == kUnits.end())) {
    amount.bare = true;  // what follows after a blank is no unit
  } else if (word.find_first_of("0123456789") != word.npos) {
    at_ = amount.at;
    TIDEMARK_TRY(const Nanoseconds time, duration("a limit"));
    amount.dimension = GateDimension::time;
    amount.value = static_cast<double>(time.count()) * 1e-9;
  } else {
    TIDEMARK_CHECK(apply_unit(amount, word));
    at_ += word.size();
  }
  if (at_ < text_.size() && text_[at_] == '/') {
    const size_t at = ++at_;
    const std::string_view unit = peek_word();
    const auto known = per_of(unit);
    if (!known) return wrong_at(at, "after '/' stands s, min, h or op");
    per = *known;
    at_ += unit.size();
  }
  amount.text = std::string(text_.substr(amount.at, at_ - amount.at));
  while (amount.text.ends_with(' ')) amount.text.pop_back();
  return amount;
}

Result<Nanoseconds> GateScanner::duration(std::string_view what) {
  const std::string_view word = peek_word();
  const auto time = parse_duration(word);
  if (!time) {
    return wrong(fmt::format("{} is a duration such as 10s or 1h30m, not {}",
                             what, found()));
  }
  at_ += word.size();
  return *time;
}

Result<double> GateScanner::percent() {
  const size_t begin = at_;
  TIDEMARK_TRY(const double value, number());
  if (!take("%")) return wrong("'%' is expected here, not " + found());
  if (!(value > 0 && value < 100)) {
    return wrong_at(begin, "a confidence lies between 0 and 100 %");
  }
  return value / 100;
}

}  // namespace tidemark
