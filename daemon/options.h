// How to record, from four places: defaults, then the TOML file (--config or
// TIDEMARK_CONFIG), then TIDEMARK_... variables, then the command line. A later
// place wins; lists (watch, role) add up, the later place's entries first.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/alert_latch.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "daemon/alert_desk.h"
#include "daemon/heap_settings.h"
#include "daemon/roles.h"
#include "daemon/rotation_limits.h"

namespace tidemark {

struct Options {
  std::string output;                              // "" = a name from the date
  Nanoseconds interval = std::chrono::seconds(1);  // 50 ms .. 60 s
  double budget = 0.01;                 // of one core, for the sampling itself
  std::optional<Nanoseconds> duration;  // --for
  std::string socket;                   // "" = a private one
  std::string state_dir = "/var/lib/tidemark";  // tidemarkd's recordings
  std::string metrics;                          // tidemarkd: where it serves
                                                // Prometheus; "" = nowhere
  RotationLimits rotation;                      // of what is kept there
  bool quiet = false;
  HeapSettings heap{HeapMode::automatic};  // of every watched process
  AlertTargets alerts;                     // on_alert, webhook
  LatchOptions latch;  // of alerts: how long worse and better must last
  std::vector<std::string> gates;  // packs and files; beside --gates' own
  std::vector<Selector> watch;
  std::vector<RoleRule> roles;
};

// One option as text; `origin` begins the message when it is wrong:
// "tidemark.toml:3", "TIDEMARK_INTERVAL", "--interval".
struct Setting {
  std::string key;  // "interval"; lists have one Setting per entry
  std::string value;
  std::string origin;
};

// Applies the settings of one place. Error usage: origin, value, why.
Status apply_settings(Options& options, std::span<const Setting> settings);

// Reads a configuration file's text. Error usage: file:line and the nearest
// key for an unknown one.
Result<std::vector<Setting>> parse_config(std::string_view text,
                                          const std::string& file);

// The TIDEMARK_... variables that are set. `lookup` is getenv(3) or a test's.
using EnvironmentLookup = std::function<const char*(const char*)>;
std::vector<Setting> environment_settings(const EnvironmentLookup& lookup);

// All four places. `config`: --config, "" = TIDEMARK_CONFIG or none.
Result<Options> load_options(const std::string& config,
                             const EnvironmentLookup& lookup,
                             std::span<const Setting> command_line);

}  // namespace tidemark
