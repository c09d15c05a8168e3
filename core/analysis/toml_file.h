// TOML files as people write them: each error names its file and line, and the
// first one told is the first one in the file.
#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace tidemark {

// FILE:LINE.
inline std::string toml_place(const std::string& file,
                              const toml::source_region& where) {
  return fmt::format("{}:{}", file, where.begin.line);
}

// Error usage: it is no TOML.
inline Result<toml::table> parse_toml(std::string_view text,
                                      const std::string& file) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(ErrorKind::usage, toml_place(file, error.source()) + ": " +
                                      std::string(error.description()));
  }
}

// The keys of a table, which holds them by name, as they stand in the file.
inline std::vector<std::pair<std::string_view, const toml::node*>>
in_file_order(const toml::table& table) {
  std::vector<std::pair<std::string_view, const toml::node*>> nodes;
  for (const auto& [key, node] : table) nodes.emplace_back(key.str(), &node);
  std::ranges::stable_sort(nodes, [](const auto& a, const auto& b) {
    return a.second->source().begin < b.second->source().begin;
  });
  return nodes;
}

}  // namespace tidemark
