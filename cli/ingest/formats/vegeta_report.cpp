// vegeta's report as JSON: latencies in ns.
#include <nlohmann/json.hpp>

#include "cli/ingest/load_data.h"

namespace tidemark {

bool matches_vegeta_report(std::string_view text) {
  return text.starts_with('{') &&
         text.find("\"latencies\":") != std::string_view::npos &&
         text.find("\"throughput\":") != std::string_view::npos;
}

Result<LoadData> parse_vegeta_report(std::string_view text) {
  using Json = nlohmann::json;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("latencies") ||
      !json["latencies"].is_object()) {
    return fail(ErrorKind::usage, "no \"latencies\" of vegeta in it");
  }
  LoadData data;
  data.tool = "vegeta";
  for (const auto& [key, value] : json["latencies"].items()) {
    if (!value.is_number()) continue;
    data.figures.push_back({"latency." + key, value.get<double>() * 1e-9});
  }
  for (const char* key : {"requests", "rate", "throughput", "success"}) {
    if (json.contains(key) && json[key].is_number()) {
      data.figures.push_back({key, json[key].get<double>()});
    }
  }
  return data;
}

}  // namespace tidemark
