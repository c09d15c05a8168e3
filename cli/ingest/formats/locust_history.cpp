// Locust's NAME_stats_history.csv: a row per second and request name, with the
// totals so far.
#include <algorithm>

#include "cli/ingest/load_data.h"

namespace tidemark {

bool matches_locust_history(std::string_view text) {
  return text.starts_with("Timestamp,User Count,");
}

Result<LoadData> parse_locust_history(std::string_view text) {
  LoadLines lines(text);
  std::string_view line;
  if (!lines.next(line)) return lines.wrong("no header");
  const auto header = split_csv(line);
  const auto column = [&](std::string_view name) {
    return static_cast<size_t>(std::ranges::find(header, name) -
                               header.begin());
  };
  const size_t time = column("Timestamp"), name = column("Name"),
               count = column("Total Request Count"),
               failed = column("Total Failure Count");
  const size_t most = std::max({time, name, count, failed});
  if (most >= header.size()) return lines.wrong("not Locust's columns");
  LoadData data;
  data.tool = "locust";
  while (lines.next(line)) {
    const auto fields = split_csv(line);
    if (fields.size() <= most) return lines.wrong("fields are missing");
    // The sum of the others.
    if (fields[name] == "Aggregated") continue;
    const auto seconds = parse_decimal(fields[time]);
    const auto total = parse_decimal(fields[count]);
    const auto bad = parse_decimal(fields[failed]);
    const auto fits = [](std::optional<double> value) {
      return value && *value >= 0 && *value < 9e9;
    };
    if (!fits(seconds) || !fits(total) || !fits(bad)) {
      return lines.wrong("a number is none, or out of range");
    }
    data.totals.push_back(
        {static_cast<int64_t>(*seconds * 1e9), data.label(fields[name]),
         static_cast<int64_t>(*total), static_cast<int64_t>(*bad)});
  }
  return data;
}

}  // namespace tidemark
