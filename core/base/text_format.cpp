#include <fmt/format.h>

#include <array>
#include <cmath>

#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr std::string_view kNotFinite = "?";

// Three significant digits of a value >= 0, without trailing zeros: 1.4, 12.3,
// 512. Below 1, three decimals.
std::string three_digits(double value) {
  const int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (decimals == 0) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

// "value unit" with the largest unit whose rounded value is below `step`.
std::string scaled(double magnitude, double step,
                   std::span<const std::string_view> units) {
  size_t unit = 0;
  while (unit + 1 < units.size() && std::round(magnitude) >= step) {
    magnitude /= step;
    ++unit;
  }
  return three_digits(magnitude) + std::string(units[unit]);
}

std::string with_commas(double whole) {
  std::string text = fmt::format("{:.0f}", whole);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string short_duration(double ns) {
  static constexpr std::array<std::string_view, 4> kUnits = {" ns", " us",
                                                             " ms", " s"};
  return scaled(ns, 1000, kUnits);
}

std::string long_duration(int64_t seconds) {
  const int64_t minutes = (seconds + 30) / 60;
  if (seconds < 3600) {
    return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  }
  if (minutes < int64_t{48} * 60) {
    return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  }
  const int64_t hours = (minutes + 30) / 60;
  return fmt::format("{} d {:02} h", hours / 24, hours % 24);
}

}  // namespace

std::string format_bytes(double bytes) {
  static constexpr std::array<std::string_view, 7> kUnits = {
      " B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  if (!std::isfinite(bytes)) return std::string(kNotFinite);
  const std::string text = scaled(std::abs(bytes), 1024, kUnits);
  return bytes < 0 && text != "0 B" ? "-" + text : text;
}

std::string format_bytes_signed(double bytes) {
  std::string text = format_bytes(bytes);
  const bool positive = std::isfinite(bytes) && bytes > 0 && text != "0 B";
  return positive ? "+" + text : text;
}

std::string format_duration(Nanoseconds duration) {
  // In double, where the smallest int64_t has a magnitude too.
  const double ns = std::abs(static_cast<double>(duration.count()));
  const std::string sign = duration.count() < 0 ? "-" : "";
  if (ns < 59.95 * static_cast<double>(kSecond)) {
    return sign + short_duration(ns);
  }
  return sign + long_duration(std::llround(ns / static_cast<double>(kSecond)));
}

std::string format_count(double count) {
  static constexpr std::array<std::string_view, 5> kUnits = {"", "k", "M", "G",
                                                             "T"};
  if (!std::isfinite(count)) return std::string(kNotFinite);
  const double magnitude = std::abs(count);
  std::string text;
  if (magnitude >= 1e15) {
    text = fmt::format("{:.2e}", magnitude);
  } else if (std::round(magnitude) >= 10'000) {
    text = scaled(magnitude, 1000, kUnits);
  } else if (magnitude >= 100 || magnitude == std::round(magnitude)) {
    text = with_commas(std::round(magnitude));
  } else {
    text = three_digits(magnitude);
  }
  return count < 0 && text != "0" ? "-" + text : text;
}

}  // namespace tidemark
