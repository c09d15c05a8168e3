#include "cli/ingest/load_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace tidemark {

#define LOAD_FORMAT(name, help)               \
  bool matches_##name(std::string_view text); \
  Result<LoadData> parse_##name(std::string_view text);
#include "cli/ingest/formats.def"
#undef LOAD_FORMAT

namespace {

constexpr auto kFormats = std::to_array<LoadFormat>({
#define LOAD_FORMAT(name, help) {#name, help, matches_##name, parse_##name},
#include "cli/ingest/formats.def"
#undef LOAD_FORMAT
});

// `count` digits at `at`, as a number.
std::optional<int> digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// Behind the seconds: ".123456789", then "Z" or "+02:00".
std::optional<int64_t> parse_rest(std::string_view text) {
  int64_t ns = 0;
  size_t at = 0;
  if (text.starts_with('.')) {
    int64_t unit = 100'000'000;
    for (at = 1; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      ns += (text[at] - '0') * unit;
      unit /= 10;
    }
  }
  const std::string_view zone = text.substr(at);
  if (zone == "Z" || zone == "z") return ns;
  const auto hours = digits(zone, 1, 2), minutes = digits(zone, 4, 2);
  if (zone.size() != 6 || !hours || !minutes) return std::nullopt;
  const int64_t east = (*hours * 60 + *minutes) * 60LL * 1'000'000'000;
  return zone[0] == '-' ? ns + east : ns - east;
}

}  // namespace

uint32_t LoadData::label(std::string_view name) {
  auto found = std::ranges::find(labels, name);
  if (found == labels.end() && labels.size() >= kMaxLabels) {
    found = std::ranges::find(labels, "other");
    name = "other";
  }
  if (found == labels.end()) {
    labels.emplace_back(name.substr(0, 128));
    return static_cast<uint32_t>(labels.size() - 1);
  }
  return static_cast<uint32_t>(found - labels.begin());
}

std::span<const LoadFormat> load_formats() { return kFormats; }

const LoadFormat* find_load_format(std::string_view name,
                                   std::string_view text) {
  for (const LoadFormat& format : kFormats) {
    if (name.empty() ? format.matches(text) : format.name == name) {
      return &format;
    }
  }
  return nullptr;
}

bool LoadLines::next(std::string_view& line) {
  while (!rest_.empty()) {
    const size_t length = std::min(rest_.find('\n'), rest_.size());
    line = rest_.substr(0, length);
    rest_.remove_prefix(std::min(length + 1, rest_.size()));
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) return true;
  }
  return false;
}

std::unexpected<Error> LoadLines::wrong(std::string_view why) const {
  return fail(ErrorKind::usage, fmt::format("line {}: {}", number_, why));
}

std::vector<std::string> split_csv(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::optional<double> parse_decimal(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<int64_t> parse_rfc3339(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2),
             day = digits(text, 8, 2), hour = digits(text, 11, 2),
             minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(*month)),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < 1970 || *year > 2200) return std::nullopt;
  const auto rest = parse_rest(text.substr(19));
  if (!rest) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t seconds = ((days * 24 + *hour) * 60 + *minute) * 60LL + *second;
  return seconds * 1'000'000'000 + *rest;
}

std::optional<double> parse_scaled(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 9> kUnits = {
      {{"us", 1e-6},
       {"ms", 1e-3},
       {"s", 1},
       {"m", 60},
       {"h", 3600},
       {"k", 1e3},
       {"M", 1e6},
       {"G", 1e9},
       {"", 1}}};
  const size_t length =
      std::min(text.find_first_not_of("0123456789.+-eE"), text.size());
  const auto number = parse_decimal(text.substr(0, length));
  if (!number) return std::nullopt;
  for (const auto& [unit, factor] : kUnits) {
    if (text.substr(length) == unit) return *number * factor;
  }
  return std::nullopt;
}

}  // namespace tidemark
