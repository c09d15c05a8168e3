#include "report/baselines/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tidemark {
namespace {

using Json = nlohmann::json;

size_t line_of(std::string_view text, size_t at) {
  const auto before = text.substr(0, std::min(at, text.size()));
  return 1 + static_cast<size_t>(std::ranges::count(before, '\n'));
}

// The library's words without its error numbers.
std::string plain(std::string what) {
  const size_t at = what.find("; ");
  if (at != std::string::npos) return what.substr(at + 2);
  const size_t colon = what.find(": ");
  return colon == std::string::npos ? what : what.substr(colon + 2);
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  const auto wrong = [&](size_t at, const std::string& what) {
    return fail(ErrorKind::malformed,
                fmt::format("line {}: no JSON: {}", line_of(text, at), what));
  };
  for (const std::string_view word : {"NaN", "Infinity"}) {
    const size_t at = text.find(word);
    const bool is_value =
        at != text.npos && at > 0 &&
        (text[at - 1] == ' ' || text[at - 1] == ':' || text[at - 1] == ',' ||
         text[at - 1] == '[' || text[at - 1] == '-');
    if (is_value) {
      return wrong(at, std::string(word) + " is no number a figure may have");
    }
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    return wrong(error.byte, plain(error.what()));
  } catch (const Json::exception& error) {
    return wrong(0, plain(error.what()));
  }
}

const Json* JsonFields::find(const char* name) const {
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void JsonFields::wrong(const std::string& what) const {
  if (error_) return;
  error_ = Error{ErrorKind::malformed, 0, place_ + ": " + what};
}

std::string JsonFields::text(const char* name, bool required) const {
  const Json* value = find(name);
  if (value != nullptr && value->is_string()) return value->get<std::string>();
  if (value != nullptr) {
    wrong(fmt::format("\"{}\" is no text", name));
  } else if (required) {
    wrong(fmt::format("\"{}\" is missing", name));
  }
  return "";
}

std::optional<double> JsonFields::maybe(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number() && std::isfinite(value->get<double>())) {
    return value->get<double>();
  }
  wrong(fmt::format("\"{}\" is no finite number", name));
  return std::nullopt;
}

double JsonFields::number(const char* name, bool required) const {
  const auto value = maybe(name);
  if (!value && required) wrong(fmt::format("\"{}\" is missing", name));
  return value.value_or(0);
}

int64_t JsonFields::count(const char* name) const {
  const double value = number(name);
  if (value < 0 || value > 9e18) {
    wrong(fmt::format("\"{}\" is no count", name));
    return 0;
  }
  return static_cast<int64_t>(value);
}

const Json* JsonFields::array(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr || value->is_array()) return value;
  wrong(fmt::format("\"{}\" is no list", name));
  return nullptr;
}

const Json* JsonFields::object(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr || value->is_object()) return value;
  wrong(fmt::format("\"{}\" is no object", name));
  return nullptr;
}

std::vector<double> JsonFields::numbers(const char* name) const {
  std::vector<double> all;
  const Json* list = array(name);
  if (list == nullptr) return all;
  for (const Json& each : *list) {
    if (!each.is_number() || !std::isfinite(each.get<double>())) {
      wrong(fmt::format("\"{}\" holds what is no finite number", name));
      return {};
    }
    all.push_back(each.get<double>());
  }
  return all;
}

}  // namespace tidemark
