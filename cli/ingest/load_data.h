// What a load generator's output says, in one form for all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace tidemark {

// Times are wall-clock ns since 1970, as the generator wrote them.
struct LoadRequest {
  int64_t end_ns = 0;
  uint32_t label = 0;        // into LoadData::labels
  int64_t duration_ns = -1;  // -1: only counted
  bool ok = true;
};

// Totals so far, as generators with a history write them.
struct LoadTotal {
  int64_t time_ns = 0;
  uint32_t label = 0;
  int64_t count = 0, failed = 0;
};

// A figure of the whole run, in seconds, per second, or a count.
struct LoadFigure {
  std::string name;
  double value = 0;
};

struct LoadData {
  std::string tool;  // "k6"
  std::vector<std::string> labels;
  std::vector<LoadRequest> requests;
  std::vector<LoadTotal> totals;
  std::vector<LoadFigure> figures;

  uint32_t label(std::string_view name);  // at most kMaxLabels, then "other"
  static constexpr size_t kMaxLabels = 200;
};

struct LoadFormat {
  std::string_view name, help;
  bool (*matches)(std::string_view text);
  // Error usage: the line and what is wrong there.
  Result<LoadData> (*parse)(std::string_view text);
};
std::span<const LoadFormat> load_formats();
// Of this name, or when that is empty the one that the text looks like.
const LoadFormat* find_load_format(std::string_view name,
                                   std::string_view text);

// The lines of a text, numbered, without their ends; empty ones left out.
class LoadLines {
 public:
  explicit LoadLines(std::string_view text) : rest_(text) {}
  bool next(std::string_view& line);
  std::unexpected<Error> wrong(std::string_view why) const;

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

// The fields of a line of CSV (RFC 4180, within one line).
std::vector<std::string> split_csv(std::string_view line);
std::optional<double> parse_decimal(std::string_view text);
// "2026-08-01T12:00:00.123456789Z" or with an offset; nothing: not so.
std::optional<int64_t> parse_rfc3339(std::string_view text);
// "635.91us", "1.2ms", "2.00s", "1.5m" in seconds; "56.20k" as a number.
std::optional<double> parse_scaled(std::string_view text);

}  // namespace tidemark
