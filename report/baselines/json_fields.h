// Reading foreign JSON field by field: every error says where it is.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tidemark {

// The text as JSON. Error malformed: the line, and what is wrong there.
Result<nlohmann::json> parse_json(std::string_view text);

// The fields of one object. After the first error the rest reads as absent;
// `error` keeps it.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, std::string place,
             std::optional<Error>& error)
      : object_(object), place_(std::move(place)), error_(error) {}

  // Absent fields: "", 0, nothing; `required` makes that an error.
  std::string text(const char* name, bool required = false) const;
  double number(const char* name, bool required = false) const;
  std::optional<double> maybe(const char* name) const;
  int64_t count(const char* name) const;  // not negative
  // Absent: nullptr; another kind of value is an error.
  const nlohmann::json* array(const char* name) const;
  const nlohmann::json* object(const char* name) const;
  std::vector<double> numbers(const char* name) const;

  void wrong(const std::string& what) const;
  const std::string& place() const { return place_; }

 private:
  const nlohmann::json* find(const char* name) const;

  const nlohmann::json& object_;
  std::string place_;
  std::optional<Error>& error_;
};

}  // namespace tidemark
