// k6's summary at the end: --summary-export, or what handleSummary() is given.
// Times in it are ms.
#include <nlohmann/json.hpp>

#include "cli/ingest/load_data.h"

namespace tidemark {
namespace {

using Json = nlohmann::json;

// Trends of time, by their name: the export does not say the unit.
bool is_time(const std::string& metric) {
  return metric.find("duration") != std::string::npos ||
         metric.starts_with("http_req_") || metric == "group_duration";
}

// handleSummary() has the values one level deeper.
const Json& values_of(const Json& metric) {
  const auto values = metric.find("values");
  return values != metric.end() && values->is_object() ? *values : metric;
}

}  // namespace

bool matches_k6_summary(std::string_view text) {
  return text.substr(0, text.find_first_not_of(" \r\n\t") + 1).ends_with('{') &&
         text.find("\"metrics\"") != std::string_view::npos &&
         text.find("\"iterations\"") != std::string_view::npos;
}

Result<LoadData> parse_k6_summary(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  const auto metrics = json.is_object() ? json.find("metrics") : json.end();
  if (!json.is_object() || metrics == json.end() || !metrics->is_object()) {
    return fail(ErrorKind::usage, "no \"metrics\" of k6 in it");
  }
  LoadData load;
  load.tool = "k6";
  for (const auto& [name, metric] : metrics->items()) {
    if (!metric.is_object()) continue;
    for (const auto& [key, value] : values_of(metric).items()) {
      if (!value.is_number()) continue;
      const bool time = is_time(name) && name != "http_req_failed" &&
                        key != "count" && key != "rate";
      load.figures.push_back(
          {name + "." + key, value.get<double>() * (time ? 1e-3 : 1)});
    }
  }
  return load;
}

}  // namespace tidemark
