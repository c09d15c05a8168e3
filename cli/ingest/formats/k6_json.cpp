// k6's stream of JSON lines (its documentation, "JSON output"): points of
// http_req_duration in ms, at the end of each request, and of iterations.
#include <nlohmann/json.hpp>

#include "cli/ingest/load_data.h"

namespace tidemark {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

// The tag, when the point has it.
std::string tag_of(const Json& data, const char* key) {
  const auto tags = data.find("tags");
  if (tags == data.end() || !tags->is_object()) return {};
  return text_of(*tags, key);
}

// False: the point makes no sense.
bool take_point(const std::string& metric, const Json& data, LoadData& load) {
  const auto time = parse_rfc3339(text_of(data, "time"));
  const auto value = data.find("value");
  if (!time || value == data.end() || !value->is_number()) return false;
  LoadRequest request;
  request.end_ns = *time;
  if (metric == "iterations") {
    request.label = load.label("iterations");
  } else {
    const auto ms = value->get<double>();
    if (!(ms >= 0 && ms < 9e9)) return false;
    request.duration_ns = static_cast<int64_t>(ms * 1e6);
    const std::string name = tag_of(data, "name");
    request.label = load.label(name.empty() ? "http_req" : name);
    request.ok = tag_of(data, "expected_response") != "false";
  }
  load.requests.push_back(request);
  return true;
}

}  // namespace

bool matches_k6_json(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  return first.starts_with('{') &&
         (first.find("\"type\":\"Metric\"") != std::string_view::npos ||
          first.find("\"type\":\"Point\"") != std::string_view::npos);
}

Result<LoadData> parse_k6_json(std::string_view text) {
  LoadLines lines(text);
  LoadData load;
  load.tool = "k6";
  for (std::string_view line; lines.next(line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return lines.wrong("not a JSON object");
    const std::string metric = text_of(json, "metric");
    if (text_of(json, "type") != "Point" ||
        (metric != "http_req_duration" && metric != "iterations")) {
      continue;
    }
    const auto data = json.find("data");
    if (data == json.end() || !data->is_object() ||
        !take_point(metric, *data, load)) {
      return lines.wrong("a point without its time or value");
    }
  }
  return load;
}

}  // namespace tidemark
