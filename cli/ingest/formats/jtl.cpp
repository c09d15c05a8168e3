// JMeter's CSV results, with their header: timeStamp is the begin of a sample
// in ms since 1970, elapsed its ms (JMeter's manual, "CSV Log format").
#include <algorithm>

#include "cli/ingest/load_data.h"

namespace tidemark {
namespace {

std::optional<size_t> find(const std::vector<std::string>& header,
                           std::string_view name) {
  const auto found = std::ranges::find(header, name);
  if (found == header.end()) return std::nullopt;
  return static_cast<size_t>(found - header.begin());
}

}  // namespace

bool matches_jtl(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  return first.find("timeStamp") != std::string_view::npos &&
         first.find("elapsed") != std::string_view::npos;
}

Result<LoadData> parse_jtl(std::string_view text) {
  LoadLines lines(text);
  std::string_view line;
  if (!lines.next(line)) return lines.wrong("no header");
  const auto header = split_csv(line);
  const auto time = find(header, "timeStamp"),
             elapsed = find(header, "elapsed"), label = find(header, "label"),
             success = find(header, "success");
  if (!time || !elapsed || !label || !success) {
    return lines.wrong("timeStamp, elapsed, label and success are needed");
  }
  LoadData data;
  data.tool = "jmeter";
  while (lines.next(line)) {
    const auto fields = split_csv(line);
    if (fields.size() <= std::max({*time, *elapsed, *label, *success})) {
      return lines.wrong("fields are missing");
    }
    const auto begin = parse_decimal(fields[*time]);
    const auto ms = parse_decimal(fields[*elapsed]);
    if (!begin || !ms || *ms < 0 || *begin < 0 || *begin > 9e12 || *ms > 9e9) {
      return lines.wrong("timeStamp and elapsed must be milliseconds");
    }
    LoadRequest request;
    request.duration_ns = static_cast<int64_t>(*ms * 1e6);
    request.end_ns =
        static_cast<int64_t>(*begin) * 1'000'000 + request.duration_ns;
    request.label = data.label(fields[*label]);
    request.ok = fields[*success] == "true";
    data.requests.push_back(request);
  }
  return data;
}

}  // namespace tidemark
