// Locust's NAME_stats.csv: one row per request name, of the whole test. Times
// are ms.
#include "cli/ingest/load_data.h"

namespace tidemark {
namespace {

// Columns that are times: "Median Response Time", "95%", ...
bool is_time(std::string_view column) {
  return column.ends_with("Response Time") || column.ends_with('%');
}

}  // namespace

bool matches_locust_stats(std::string_view text) {
  return text.starts_with("Type,Name,Request Count,");
}

Result<LoadData> parse_locust_stats(std::string_view text) {
  LoadLines lines(text);
  std::string_view line;
  if (!lines.next(line)) return lines.wrong("no header");
  const auto header = split_csv(line);
  LoadData data;
  data.tool = "locust";
  while (lines.next(line)) {
    const auto fields = split_csv(line);
    if (fields.size() != header.size()) {
      return lines.wrong("not as many fields as the header has");
    }
    for (size_t i = 2; i < fields.size(); ++i) {
      const auto value = parse_decimal(fields[i]);
      if (!value) continue;  // N/A
      data.figures.push_back({fields[1] + "." + header[i],
                              *value * (is_time(header[i]) ? 1e-3 : 1)});
    }
  }
  return data;
}

}  // namespace tidemark
