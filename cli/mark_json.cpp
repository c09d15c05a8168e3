#include "cli/mark_json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "cli/mark_line.h"
#include "cli/spoken_mark.h"

namespace tidemark {
namespace {

using Json = nlohmann::json;

Status wrong(std::string what) {
  return fail(ErrorKind::usage, std::move(what));
}

Status take_text(const Json& value, const std::string& key,
                 std::string& target) {
  if (!value.is_string()) return wrong(key + " must be a text");
  target = value.get<std::string>();
  return {};
}

Status take_member(const std::string& key, const Json& value,
                   SpokenMark& mark) {
  if (key == "name") return take_text(value, key, mark.name);
  if (key == "text") return take_text(value, key, mark.text);
  if (key == "kind") return take_text(value, key, mark.kind);
  if (key == "status") return take_text(value, key, mark.status);
  if (key == "count") {
    if (!value.is_number_unsigned()) return wrong("count must be 0 or more");
    mark.count = value.get<uint64_t>();
    return {};
  }
  if (key == "value") {
    if (!value.is_number()) return wrong("value must be a number");
    mark.value = value.get<double>();
    return {};
  }
  return wrong("unknown member: " + key);
}

Result<SpokenMark> read_mark(const Json& json) {
  if (!json.is_object()) return fail(ErrorKind::usage, "not a JSON object");
  const auto verb = json.find("mark");
  if (verb == json.end() || !verb->is_string()) {
    return fail(ErrorKind::usage, "the member \"mark\" is missing");
  }
  const auto known = mark_verb_from_name(verb->get_ref<const std::string&>());
  if (!known) {
    return fail(ErrorKind::usage,
                "no such mark: " + verb->get_ref<const std::string&>());
  }
  SpokenMark mark;
  mark.verb = *known;
  for (const auto& [key, value] : json.items()) {
    if (key == "mark") continue;
    TIDEMARK_CHECK(take_member(key, value, mark));
  }
  return mark;
}

// A mark's JSON is flat: what nests deeper is thrown away while it is parsed.
constexpr int kDepth = 2;

}  // namespace

Status speak_mark_json(std::string_view text, tidemark_session* session) {
  if (text.size() > kLongestMarkText) return wrong("the text is too long");
  const auto keep_flat = [](int depth, Json::parse_event_t, Json&) {
    return depth < kDepth;
  };
  const Json json = Json::parse(text, keep_flat, false);
  if (json.is_discarded()) return wrong("not JSON");
  TIDEMARK_TRY(const SpokenMark mark, read_mark(json));
  return speak_mark(mark, session);
}

Status speak_mark_text(std::string_view text, tidemark_session* session) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text.starts_with('{') ? speak_mark_json(text, session)
                               : speak_mark_line(text, session);
}

}  // namespace tidemark
