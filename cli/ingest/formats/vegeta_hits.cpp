// vegeta's results, one JSON object per request: latency in ns, timestamp the
// begin (its README, "encode").
#include <nlohmann/json.hpp>

#include "cli/ingest/load_data.h"

namespace tidemark {
namespace {

using Json = nlohmann::json;

template <typename T>
T member(const Json& json, const char* key, T otherwise) {
  const auto found = json.find(key);
  if (found == json.end()) return otherwise;
  if constexpr (std::is_same_v<T, std::string>) {
    return found->is_string() ? found->get<T>() : otherwise;
  } else {
    return found->is_number_integer() ? found->get<T>() : otherwise;
  }
}

}  // namespace

bool matches_vegeta_hits(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  return first.starts_with('{') &&
         first.find("\"latency\":") != std::string_view::npos &&
         first.find("\"timestamp\":") != std::string_view::npos;
}

Result<LoadData> parse_vegeta_hits(std::string_view text) {
  LoadLines lines(text);
  LoadData data;
  data.tool = "vegeta";
  for (std::string_view line; lines.next(line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return lines.wrong("not a JSON object");
    const auto begin =
        parse_rfc3339(member<std::string>(json, "timestamp", ""));
    const auto latency = member<int64_t>(json, "latency", -1);
    if (!begin || latency < 0 || latency > int64_t{1} << 60) {
      return lines.wrong("timestamp or latency is missing or out of range");
    }
    LoadRequest request;
    request.duration_ns = latency;
    request.end_ns = *begin + latency;
    const std::string attack = member<std::string>(json, "attack", "");
    request.label = data.label(attack.empty() ? "hit" : attack);
    const auto code = member<int64_t>(json, "code", 0);
    request.ok = member<std::string>(json, "error", "").empty() &&
                 code >= 200 && code < 400;
    data.requests.push_back(request);
  }
  return data;
}

}  // namespace tidemark
