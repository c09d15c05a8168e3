#include "daemon/options.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "core/analysis/toml_file.h"
#include "core/base/text.h"
#include "core/base/words.h"
#include "core/os/file.h"

namespace tidemark {
namespace {

template <typename T>
Status put(Result<T> value, T& target) {
  if (!value) return std::unexpected(std::move(value).error());
  target = std::move(*value);
  return {};
}

Status set_output(Options& options, const std::string& value) {
  options.output = value;
  return {};
}

Status set_interval(Options& options, const std::string& value) {
  TIDEMARK_CHECK(put(parse_duration(value), options.interval));
  if (options.interval < std::chrono::milliseconds(50) ||
      options.interval > std::chrono::seconds(60)) {
    return fail(ErrorKind::usage, "'" + value + "': outside of 50ms .. 60s");
  }
  return {};
}

Status set_budget(Options& options, const std::string& value) {
  TIDEMARK_CHECK(put(parse_ratio(value), options.budget));
  if (!(options.budget > 0)) {
    return fail(ErrorKind::usage, "'" + value + "': must be above 0");
  }
  return {};
}

Status set_duration(Options& options, const std::string& value) {
  Nanoseconds duration{0};
  TIDEMARK_CHECK(put(parse_duration(value), duration));
  if (duration.count() <= 0) {
    return fail(ErrorKind::usage, "'" + value + "': must be above 0");
  }
  options.duration = duration;
  return {};
}

Status set_socket(Options& options, const std::string& value) {
  options.socket = value;
  return {};
}

Status set_state_dir(Options& options, const std::string& value) {
  options.state_dir = value;
  return {};
}

Status set_metrics(Options& options, const std::string& value) {
  options.metrics = value;
  return {};
}

Status set_size(const std::string& value, int64_t least, int64_t& target) {
  TIDEMARK_TRY(const Bytes size, parse_bytes(value));
  if (size.count < least) {
    return fail(ErrorKind::usage,
                fmt::format("'{}': less than {}", value,
                            format_bytes(static_cast<double>(least))));
  }
  target = size.count;
  return {};
}

Status set_age(const std::string& value, Nanoseconds& target) {
  TIDEMARK_TRY(const Nanoseconds age, parse_duration(value));
  if (age < std::chrono::seconds(1)) {
    return fail(ErrorKind::usage, "'" + value + "': less than a second");
  }
  target = age;
  return {};
}

Status set_rotate_size(Options& options, const std::string& value) {
  return set_size(value, 64 << 10, options.rotation.size);
}

Status set_rotate_age(Options& options, const std::string& value) {
  return set_age(value, options.rotation.age);
}

Status set_keep_size(Options& options, const std::string& value) {
  return set_size(value, 64 << 10, options.rotation.keep.keep_bytes);
}

Status set_keep_age(Options& options, const std::string& value) {
  return set_age(value, options.rotation.keep.keep_age);
}

Status set_keep_free(Options& options, const std::string& value) {
  return set_size(value, 0, options.rotation.keep.keep_free);
}

Status set_quiet(Options& options, const std::string& value) {
  if (value != "true" && value != "false" && value != "1" && value != "0") {
    return fail(ErrorKind::usage, "'" + value + "': true or false");
  }
  options.quiet = value == "true" || value == "1";
  return {};
}

Status set_heap(Options& options, const std::string& value) {
  if (value == "off") {
    options.heap.mode = HeapMode::off;
  } else if (value == "auto") {
    options.heap.mode = HeapMode::automatic;
  } else if (value == "probes") {
    options.heap.mode = HeapMode::probes;
  } else if (value == "shim") {
    options.heap.mode = HeapMode::shim;
  } else {
    return fail(ErrorKind::usage, "'" + value + "': off, auto, probes or shim");
  }
  return {};
}

Status set_heap_sample(Options& options, const std::string& value) {
  if (value == "exact") {
    options.heap.sample_bytes = 1;
    return {};
  }
  TIDEMARK_TRY(const Bytes size, parse_bytes(value));
  if (size.count < 1 || size.count > (1 << 30)) {
    return fail(ErrorKind::usage, "'" + value + "': outside of 1B .. 1GiB");
  }
  options.heap.sample_bytes = static_cast<uint64_t>(size.count);
  return {};
}

Status set_heap_budget(Options& options, const std::string& value) {
  TIDEMARK_CHECK(put(parse_ratio(value), options.heap.budget));
  if (!(options.heap.budget > 0)) {
    return fail(ErrorKind::usage, "'" + value + "': must be above 0");
  }
  return {};
}

Status set_on_alert(Options& options, const std::string& value) {
  return put(split_words(value), options.alerts.command);
}

Status set_webhook(Options& options, const std::string& value) {
  if (!value.starts_with("http://") && !value.starts_with("https://")) {
    return fail(ErrorKind::usage,
                "'" + value + "': begins with neither http:// nor https://");
  }
  options.alerts.webhook = value;
  return {};
}

Status set_alert_hold(Options& options, const std::string& value) {
  return put(parse_duration(value), options.latch.hold);
}

Status set_alert_clear(Options& options, const std::string& value) {
  return put(parse_duration(value), options.latch.clear);
}

Status set_alert_timeout(Options& options, const std::string& value) {
  TIDEMARK_CHECK(put(parse_duration(value), options.alerts.timeout));
  if (options.alerts.timeout < std::chrono::milliseconds(100) ||
      options.alerts.timeout > std::chrono::minutes(10)) {
    return fail(ErrorKind::usage, "'" + value + "': outside of 100ms .. 10min");
  }
  return {};
}

Status set_heap_after(Options& options, const std::string& value) {
  TIDEMARK_CHECK(put(parse_duration(value), options.heap.after));
  if (options.heap.after < std::chrono::seconds(1)) {
    return fail(ErrorKind::usage, "'" + value + "': must be 1 s or more");
  }
  return {};
}

Status add_watch(Options& options, const std::string& value) {
  return put(parse_selector(value), options.watch.emplace_back());
}

Status add_role(Options& options, const std::string& value) {
  return put(parse_role(value), options.roles.emplace_back());
}

Status add_gates(Options& options, const std::string& value) {
  options.gates.push_back(value);
  return {};
}

struct Key {
  std::string_view name;
  const char* variable;
  Status (*set)(Options&, const std::string&);
  bool list = false;
};

constexpr auto kKeys = std::to_array<Key>({
    {"output", "TIDEMARK_OUTPUT", set_output},
    {"interval", "TIDEMARK_INTERVAL", set_interval},
    {"budget", "TIDEMARK_BUDGET", set_budget},
    {"for", "TIDEMARK_FOR", set_duration},
    {"socket", "TIDEMARK_SOCKET", set_socket},
    {"state_dir", "TIDEMARK_STATE_DIR", set_state_dir},
    {"metrics", "TIDEMARK_METRICS", set_metrics},
    {"rotate_size", "TIDEMARK_ROTATE_SIZE", set_rotate_size},
    {"rotate_age", "TIDEMARK_ROTATE_AGE", set_rotate_age},
    {"keep_size", "TIDEMARK_KEEP_SIZE", set_keep_size},
    {"keep_age", "TIDEMARK_KEEP_AGE", set_keep_age},
    {"keep_free", "TIDEMARK_KEEP_FREE", set_keep_free},
    {"quiet", "TIDEMARK_QUIET", set_quiet},
    {"heap", "TIDEMARK_HEAP", set_heap},
    {"heap_sample", "TIDEMARK_HEAP_SAMPLE", set_heap_sample},
    {"heap_budget", "TIDEMARK_HEAP_BUDGET", set_heap_budget},
    {"heap_after", "TIDEMARK_HEAP_AFTER", set_heap_after},
    {"on_alert", "TIDEMARK_ON_ALERT", set_on_alert},
    {"webhook", "TIDEMARK_WEBHOOK", set_webhook},
    {"alert_hold", "TIDEMARK_ALERT_HOLD", set_alert_hold},
    {"alert_clear", "TIDEMARK_ALERT_CLEAR", set_alert_clear},
    {"alert_timeout", "TIDEMARK_ALERT_TIMEOUT", set_alert_timeout},
    {"watch", "TIDEMARK_WATCH", add_watch, true},
    {"role", "TIDEMARK_ROLE", add_role, true},
    {"gates", "TIDEMARK_GATES", add_gates, true},
});

const Key* find_key(std::string_view name) {
  const auto found =
      std::find_if(kKeys.begin(), kKeys.end(),
                   [name](const Key& key) { return key.name == name; });
  return found == kKeys.end() ? nullptr : &*found;
}

std::string unknown_key(std::string_view name) {
  std::array<std::string_view, kKeys.size()> names;
  std::transform(kKeys.begin(), kKeys.end(), names.begin(),
                 [](const Key& key) { return key.name; });
  return unknown_message("key", name, names);
}

template <typename T>
void prepend(std::vector<T>& list, std::vector<T> older) {
  list.insert(list.end(), std::make_move_iterator(older.begin()),
              std::make_move_iterator(older.end()));
}

// A TOML scalar as the text a user would type on the command line.
Result<std::string> scalar(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) {
    return std::string(flag->get() ? "true" : "false");
  }
  if (const auto* number = node.as_integer()) {
    return std::to_string(number->get());
  }
  if (const auto* number = node.as_floating_point()) {
    return fmt::format("{}", number->get());
  }
  return fail(ErrorKind::usage, "a text, number or truth value is expected");
}

// A command: an array of words, or one text that is split.
Result<std::string> words(const toml::node& node) {
  if (!node.is_array()) return scalar(node);
  std::string line;
  for (const toml::node& entry : *node.as_array()) {
    TIDEMARK_TRY(const std::string word, scalar(entry));
    line += quote_word(word) + " ";
  }
  return line;
}

// role may be a table: [role] server = "comm:redis-server".
Status add_role_table(const toml::table& table, const std::string& file,
                      std::vector<Setting>& out) {
  for (const auto& [name, node] : table) {
    const std::string origin = toml_place(file, node.source());
    auto text = scalar(node);
    if (!text) return raise(std::move(text).error(), origin);
    out.push_back({"role", std::string(name.str()) + "=" + *text, origin});
  }
  return {};
}

Status add_node(std::string_view key, const toml::node& node,
                const std::string& file, std::vector<Setting>& out) {
  const std::string origin = toml_place(file, node.source());
  const Key* known = find_key(key);
  if (known == nullptr) {
    return fail(ErrorKind::usage, origin + ": " + unknown_key(key));
  }
  if (key == "role" && node.is_table()) {
    return add_role_table(*node.as_table(), file, out);
  }
  if (known->list && node.is_array()) {
    for (const toml::node& entry : *node.as_array()) {
      auto text = scalar(entry);
      if (!text) return raise(std::move(text).error(), origin);
      out.push_back(
          {std::string(key), *text, toml_place(file, entry.source())});
    }
    return {};
  }
  auto text = key == "on_alert" ? words(node) : scalar(node);
  if (!text) return raise(std::move(text).error(), origin);
  out.push_back({std::string(key), *text, origin});
  return {};
}

}  // namespace

Status apply_settings(Options& options, std::span<const Setting> settings) {
  std::vector<Selector> older_watch = std::exchange(options.watch, {});
  std::vector<RoleRule> older_roles = std::exchange(options.roles, {});
  for (const Setting& setting : settings) {
    const Key* key = find_key(setting.key);
    if (key == nullptr) {
      return fail(ErrorKind::usage,
                  setting.origin + ": " + unknown_key(setting.key));
    }
    auto status = key->set(options, setting.value);
    if (!status) return raise(std::move(status).error(), setting.origin);
  }
  prepend(options.watch, std::move(older_watch));
  prepend(options.roles, std::move(older_roles));
  return {};
}

Result<std::vector<Setting>> parse_config(std::string_view text,
                                          const std::string& file) {
  TIDEMARK_TRY(const toml::table table, parse_toml(text, file));
  std::vector<Setting> settings;
  for (const auto& [key, node] : in_file_order(table)) {
    TIDEMARK_CHECK(add_node(key, *node, file, settings));
  }
  return settings;
}

std::vector<Setting> environment_settings(const EnvironmentLookup& lookup) {
  std::vector<Setting> settings;
  for (const Key& key : kKeys) {
    const char* value = lookup(key.variable);
    if (value == nullptr || *value == '\0') continue;
    settings.push_back({std::string(key.name), value, key.variable});
  }
  return settings;
}

Result<Options> load_options(const std::string& config,
                             const EnvironmentLookup& lookup,
                             std::span<const Setting> command_line) {
  Options options;
  const char* named = lookup("TIDEMARK_CONFIG");
  const std::string file =
      !config.empty() ? config : std::string(named != nullptr ? named : "");
  if (!file.empty()) {
    std::string buffer;
    auto text = read_file(file, buffer, 1u << 20);
    if (!text) {
      // Whatever the system says of it, the caller named the wrong file.
      return fail(ErrorKind::usage, text.error().what);
    }
    TIDEMARK_TRY(const auto settings, parse_config(*text, file));
    TIDEMARK_CHECK(apply_settings(options, settings));
  }
  TIDEMARK_CHECK(apply_settings(options, environment_settings(lookup)));
  TIDEMARK_CHECK(apply_settings(options, command_line));
  return options;
}

}  // namespace tidemark
