#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/text.h"

namespace tidemark {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array kByteUnits = {
    Unit{"B", 1},
    Unit{"kB", 1e3},
    Unit{"KiB", 1024.0},
    Unit{"MB", 1e6},
    Unit{"MiB", 1024.0 * 1024},
    Unit{"GB", 1e9},
    Unit{"GiB", 1024.0 * 1024 * 1024},
    Unit{"TB", 1e12},
    Unit{"TiB", 1024.0 * 1024 * 1024 * 1024},
};

// From large to small: the order in which "1h30m" must name them.
constexpr std::array kTimeUnits = {
    Unit{"d", 86400e9}, Unit{"h", 3600e9},      Unit{"min", 60e9},
    Unit{"m", 60e9},    Unit{"s", 1e9},         Unit{"ms", 1e6},
    Unit{"us", 1e3},    Unit{"\xC2\xB5s", 1e3}, Unit{"ns", 1},
};

constexpr double kLargest = 9223372036854774784.0;  // below 2^63, exact

std::unexpected<Error> not_a(std::string_view what, std::string_view text,
                             std::string_view rule) {
  return fail(ErrorKind::usage,
              fmt::format("'{}' is not a {}: {}", text, what, rule));
}

bool is_unit_char(char c) {
  return !(c >= '0' && c <= '9') && c != '.' && c != ' ';
}

// Takes "1.5" off the front; digits and one point only, so no sign, exponent,
// "inf" or "nan" gets through.
std::optional<double> take_number(std::string_view& text) {
  size_t length = 0;
  while (length < text.size() && !is_unit_char(text[length]) &&
         text[length] != ' ') {
    ++length;
  }
  double value = 0;
  const char* end = text.data() + length;
  const auto [rest, error] =
      std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (length == 0 || error != std::errc{} || rest != end) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

const Unit* take_unit(std::string_view& text, std::span<const Unit> units) {
  size_t length = 0;
  while (length < text.size() && is_unit_char(text[length])) ++length;
  for (const Unit& unit : units) {
    if (text.substr(0, length) == unit.name) {
      text.remove_prefix(length);
      return &unit;
    }
  }
  return nullptr;
}

}  // namespace

Result<Bytes> parse_bytes(std::string_view text) {
  static constexpr std::string_view kRule =
      "write a number and its unit, one of B kB KiB MB MiB GB GiB TB TiB "
      "(1 kB = 1000 B, 1 KiB = 1024 B)";
  std::string_view rest = text;
  const std::optional<double> number = take_number(rest);
  if (!number) return not_a("size", text, kRule);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  const Unit* unit = take_unit(rest, kByteUnits);
  if (unit == nullptr || !rest.empty()) return not_a("size", text, kRule);
  const double bytes = std::round(*number * unit->factor);
  if (bytes > kLargest) return not_a("size", text, "it is too large");
  return Bytes(static_cast<int64_t>(bytes));
}

Result<Nanoseconds> parse_duration(std::string_view text) {
  static constexpr std::string_view kRule =
      "write numbers and their units, largest first, of d h m s ms us ns, "
      "such as 250ms or 1h30m";
  std::string_view rest = text;
  double total = 0;
  double previous = std::numeric_limits<double>::infinity();
  do {
    const std::optional<double> number = take_number(rest);
    const Unit* unit = number ? take_unit(rest, kTimeUnits) : nullptr;
    if (unit == nullptr || unit->factor >= previous) {
      return not_a("duration", text, kRule);
    }
    previous = unit->factor;
    total += *number * unit->factor;
  } while (!rest.empty());
  if (total > kLargest) return not_a("duration", text, "it is too long");
  return Nanoseconds(std::llround(total));
}

Result<double> parse_ratio(std::string_view text) {
  static constexpr std::string_view kRule =
      "write a percentage such as 70%, or a fraction from 0 to 1";
  std::string_view rest = text;
  const std::optional<double> number = take_number(rest);
  if (!number) return not_a("ratio", text, kRule);
  if (rest == "%") return *number / 100;
  // "5" could be 5 % or five times; a person has to say which.
  if (!rest.empty() || *number > 1) return not_a("ratio", text, kRule);
  return *number;
}

std::optional<int64_t> parse_int(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

}  // namespace tidemark
