#include "daemon/procfs/pressure.h"

#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

std::optional<Nanoseconds> total_of(std::string_view line) {
  constexpr std::string_view kTotal = " total=";
  const size_t at = line.find(kTotal);
  if (at == std::string_view::npos) return std::nullopt;
  const auto micros = parse_number(line.substr(at + kTotal.size()));
  if (!micros || *micros > INT64_MAX / 1000) return std::nullopt;
  return Nanoseconds(*micros * 1000);
}

}  // namespace

Result<Pressure> parse_pressure(std::string_view text) {
  Pressure pressure;
  for (TextCursor lines(text); !lines.at_end();) {
    const std::string_view line = lines.line();
    if (line.starts_with("some ")) pressure.some = total_of(line);
    if (line.starts_with("full ")) pressure.full = total_of(line);
  }
  if (!pressure.some && !pressure.full) {
    return malformed("pressure", "neither some nor full");
  }
  return pressure;
}

}  // namespace tidemark::procfs
