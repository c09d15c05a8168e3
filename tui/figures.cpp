#include "tui/figures.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <ctime>

namespace tidemark {
namespace {

// Three digits at most: "1.4K" below 10, "21M" above.
std::string scaled(double value, double base,
                   const std::array<const char*, 7>& units) {
  size_t unit = 0;
  double magnitude = std::fabs(value);
  // 999.5 would print as four digits.
  while (magnitude >= 999.5 && unit + 1 < units.size()) {
    magnitude /= base;
    ++unit;
  }
  const char* sign = value < 0 ? "-" : "";
  if (unit == 0) return fmt::format("{}{:.0f}", sign, magnitude);
  const int digits = magnitude < 9.95 ? 1 : 0;
  return fmt::format("{}{:.{}f}{}", sign, magnitude, digits, units[unit]);
}

std::string with_sign(double value, std::string text) {
  if (text == "-0") return "0";
  return value > 0 && text != "0" ? "+" + text : text;
}

}  // namespace

std::string short_bytes(double bytes) {
  return scaled(bytes, 1024, {"", "K", "M", "G", "T", "P", "E"});
}

std::string short_count(double count) {
  const double magnitude = std::fabs(count);
  if (magnitude < 9999.5) {
    const auto whole = static_cast<int>(std::lround(magnitude));
    const char* sign = count < 0 && whole != 0 ? "-" : "";
    if (whole < 1000) return fmt::format("{}{}", sign, whole);
    return fmt::format("{}{},{:03}", sign, whole / 1000, whole % 1000);
  }
  return scaled(count, 1000, {"", "k", "M", "G", "T", "P", "E"});
}

std::string short_percent(double ratio) {
  const double percent = ratio * 100;
  if (percent == 0) return "0";
  if (percent < 9.95) return fmt::format("{:.1f}", percent);
  return short_count(percent);
}

std::string short_bytes_signed(double bytes) {
  return with_sign(bytes, short_bytes(bytes));
}

std::string short_count_signed(double count) {
  return with_sign(count, short_count(count));
}

std::string short_age(Nanoseconds age) {
  const int64_t s = std::max<int64_t>(age.count() / 1'000'000'000, 0);
  if (s < 60) return fmt::format("{}s", s);
  if (s < 600) return fmt::format("{}:{:02}", s / 60, s % 60);
  if (s < 3600) return fmt::format("{}m", s / 60);
  if (s < 86400) return fmt::format("{}h{:02}", s / 3600, s / 60 % 60);
  return fmt::format("{}d{:02}", s / 86400, s / 3600 % 24);
}

std::string elapsed_clock(Nanoseconds elapsed) {
  const char* sign = elapsed.count() < 0 ? "-" : "";
  const int64_t s = std::abs(elapsed.count() / 1'000'000'000);
  return fmt::format("{}{:02}:{:02}:{:02}", sign, s / 3600, s / 60 % 60,
                     s % 60);
}

std::string wall_clock(int64_t realtime_ns) {
  const time_t seconds = realtime_ns / 1'000'000'000;
  struct tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) return "--:--:--";
  return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min,
                     parts.tm_sec);
}

std::string or_dash(std::optional<double> value,
                    std::string (*format)(double)) {
  return value ? format(*value) : "-";
}

}  // namespace tidemark
