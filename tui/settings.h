// What `top` remembers from one call to the next: a small TOML file at
// $XDG_CONFIG_HOME/tidemark/top.toml (XDG Base Directory Specification).
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "tui/process_rows.h"
#include "tui/theme.h"

namespace tidemark {

struct Settings {
  Theme theme = Theme::dark;
  ProcessColumn sort = ProcessColumn::cpu;
  bool tree = false;
  bool by_role = false;
  bool watched_only = true;
  bool mouse = true;
  bool operator==(const Settings&) const = default;
};

// Errors: usage, with the line: no TOML, an unknown key, a wrong value.
Result<Settings> parse_settings(std::string_view toml);
std::string format_settings(const Settings& settings);

// "" when neither $XDG_CONFIG_HOME nor $HOME is a path.
std::string settings_path();
// Defaults when there is no such file. Errors: those of parse_settings, io.
Result<Settings> load_settings(const std::string& path);
// Replaces the file as a whole, making its folder. Error: io.
Status save_settings(const std::string& path, const Settings& settings);

}  // namespace tidemark
