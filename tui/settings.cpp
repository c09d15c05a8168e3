#include "tui/settings.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/base/text.h"
#include "core/os/file.h"

namespace tidemark {
namespace {

// By ProcessColumn; what the file calls them.
constexpr std::array<std::string_view, kProcessColumns> kColumnNames = {
    "name", "role",   "pid",   "age",     "cpu",        "cpu_per_op",
    "anon", "growth", "rss",   "fds",     "fds_growth", "threads",
    "read", "write",  "trend", "verdict", "retained",   "command"};
constexpr std::array<std::string_view, 6> kKeys = {
    "theme", "sort", "tree", "by_role", "watched_only", "mouse"};

std::unexpected<Error> wrong(const toml::node& node, const std::string& what) {
  return fail(ErrorKind::usage,
              fmt::format("line {}: {}", node.source().begin.line, what));
}

Status take_flag(const toml::node& node, std::string_view key, bool& flag) {
  const auto value = node.value_exact<bool>();
  if (!value) return wrong(node, std::string(key) + " is true or false");
  flag = *value;
  return {};
}

Status take(std::string_view key, const toml::node& node, Settings& settings) {
  if (key == "tree") return take_flag(node, key, settings.tree);
  if (key == "by_role") return take_flag(node, key, settings.by_role);
  if (key == "watched_only") {
    return take_flag(node, key, settings.watched_only);
  }
  if (key == "mouse") return take_flag(node, key, settings.mouse);
  const std::string word = node.value_exact<std::string>().value_or("");
  if (key == "theme") {
    const auto theme = theme_from_name(word);
    if (!theme) return wrong(node, "theme is dark, light or contrast");
    settings.theme = *theme;
    return {};
  }
  if (key == "sort") {
    const auto found = std::ranges::find(kColumnNames, word);
    if (found == kColumnNames.end()) {
      return wrong(node, unknown_message("column", word, kColumnNames));
    }
    settings.sort = static_cast<ProcessColumn>(found - kColumnNames.begin());
    return {};
  }
  return wrong(node, unknown_message("key", key, kKeys));
}

}  // namespace

Result<Settings> parse_settings(std::string_view text) {
  Settings settings;
  try {
    const toml::table table = toml::parse(text);
    for (const auto& [key, node] : table) {
      TIDEMARK_CHECK(take(key.str(), node, settings));
    }
  } catch (const toml::parse_error& error) {
    return fail(ErrorKind::usage,
                fmt::format("line {}: {}", error.source().begin.line,
                            error.description()));
  }
  return settings;
}

std::string format_settings(const Settings& settings) {
  return fmt::format(
      "# Written by `tidemark top` when it is left.\n"
      "theme = \"{}\"\nsort = \"{}\"\ntree = {}\nby_role = {}\n"
      "watched_only = {}\nmouse = {}\n",
      theme_name(settings.theme),
      kColumnNames[static_cast<size_t>(settings.sort)], settings.tree,
      settings.by_role, settings.watched_only, settings.mouse);
}

std::string settings_path() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config == '/') {
    return std::string(config) + "/tidemark/top.toml";
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return {};
  return std::string(home) + "/.config/tidemark/top.toml";
}

Result<Settings> load_settings(const std::string& path) {
  if (path.empty()) return Settings{};
  std::string buffer;
  const auto text = read_file(path, buffer);
  if (!text) {
    if (text.error().kind == ErrorKind::not_found) return Settings{};
    return std::unexpected(text.error());
  }
  auto settings = parse_settings(*text);
  if (!settings) return raise(settings.error(), path);
  return settings;
}

Status save_settings(const std::string& path, const Settings& settings) {
  if (path.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(),
                                      error);
  const std::string fresh = path + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << format_settings(settings);
  file.close();
  if (!file) return fail(ErrorKind::io, fresh + ": cannot be written");
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    return fail_errno(path, errno);
  }
  return {};
}

}  // namespace tidemark
