#include "core/analysis/gate_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "core/analysis/gate_metrics.h"
#include "core/analysis/toml_file.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr size_t kMostGates = 1000;

// "NAME:-default" or "NAME".
Result<std::string> variable(std::string_view inside,
                             const VariableLookup& lookup) {
  const size_t split = inside.find(":-");
  const std::string name(inside.substr(0, split));
  const char* value = name.empty() ? nullptr : lookup(name.c_str());
  if (value != nullptr && *value != '\0') return std::string(value);
  if (split != inside.npos) return std::string(inside.substr(split + 2));
  return fail(ErrorKind::usage,
              fmt::format("${{{}}} is not set; ${{{}:-VALUE}} gives it a "
                          "default",
                          name, name));
}

class File {
 public:
  File(const std::string& name, const VariableLookup& lookup)
      : name_(name), lookup_(lookup) {}

  Status read(const toml::table& table);
  std::vector<Gate> take() { return std::move(gates_); }

 private:
  std::unexpected<Error> wrong(const toml::node& node,
                               const std::string& why) const {
    return fail(ErrorKind::usage,
                toml_place(name_, node.source()) + ": " + why);
  }
  Status read_key(std::string_view key, const toml::node& node);
  Status read_packs(const toml::node& node);
  Status read_gates(const toml::node& node);
  Status read_gate(const toml::table& table);
  Status read_thresholds(const toml::node& node);
  Status read_threshold(std::string_view metric, const toml::node& node);
  Status add(const toml::node& node, std::string_view text,
             const std::string& label, std::string_view metric);

  const std::string& name_;
  const VariableLookup& lookup_;
  std::vector<Gate> gates_;
};

Status File::read(const toml::table& table) {
  for (const auto& [key, node] : in_file_order(table)) {
    TIDEMARK_CHECK(read_key(key, *node));
  }
  if (!gates_.empty()) return {};
  return fail(ErrorKind::usage,
              name_ + ": holds no gate; write [[gate]] and expr = \"...\"");
}

Status File::read_key(std::string_view key, const toml::node& node) {
  if (key == "packs") return read_packs(node);
  if (key == "gate") return read_gates(node);
  if (key == "thresholds") return read_thresholds(node);
  static constexpr std::array<std::string_view, 3> kKeys = {"gate", "packs",
                                                            "thresholds"};
  return wrong(node, unknown_message("key", key, kKeys));
}

Status File::read_packs(const toml::node& node) {
  const toml::array* names = node.as_array();
  if (names == nullptr) return wrong(node, "packs is a list of names");
  for (const toml::node& entry : *names) {
    const auto* text = entry.as_string();
    if (text == nullptr) return wrong(entry, "a pack's name is a text");
    const GatePack* pack = find_gate_pack(text->get());
    if (pack == nullptr) {
      std::vector<std::string_view> known;
      for (const GatePack& each : gate_packs()) known.push_back(each.name);
      return wrong(entry, unknown_message("pack", text->get(), known));
    }
    TIDEMARK_TRY(auto gates, load_gate_pack(*pack, lookup_));
    std::ranges::move(gates, std::back_inserter(gates_));
  }
  return {};
}

Status File::read_gates(const toml::node& node) {
  const toml::array* gates = node.as_array();
  if (gates == nullptr) return wrong(node, "write [[gate]], in two brackets");
  for (const toml::node& entry : *gates) {
    const toml::table* table = entry.as_table();
    if (table == nullptr) return wrong(entry, "a gate is a table");
    TIDEMARK_CHECK(read_gate(*table));
  }
  return {};
}

Status File::read_gate(const toml::table& table) {
  const toml::node* expr = nullptr;
  std::string label;
  for (const auto& [key, node] : in_file_order(table)) {
    const auto* text = node->as_string();
    static constexpr std::array<std::string_view, 2> kKeys = {"expr", "label"};
    if (key != "expr" && key != "label") {
      return wrong(*node, unknown_message("key", key, kKeys));
    }
    if (text == nullptr) return wrong(*node, "a text is expected");
    if (key == "expr") {
      expr = node;
    } else {
      label = text->get();
    }
  }
  if (expr == nullptr) return wrong(table, "this gate has no expr");
  return add(*expr, expr->as_string()->get(), label, "");
}

Status File::read_thresholds(const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return wrong(node, "write [thresholds]");
  for (const auto& [metric, entry] : in_file_order(*table)) {
    if (const toml::array* list = entry->as_array()) {
      for (const toml::node& one : *list) {
        TIDEMARK_CHECK(read_threshold(metric, one));
      }
    } else {
      TIDEMARK_CHECK(read_threshold(metric, *entry));
    }
  }
  return {};
}

Status File::read_threshold(std::string_view metric, const toml::node& node) {
  const auto* text = node.as_string();
  if (text == nullptr) return wrong(node, "a text such as \"p(95)<500ms\"");
  return add(node, text->get(), "", metric);
}

Status File::add(const toml::node& node, std::string_view text,
                 const std::string& label, std::string_view metric) {
  const std::string origin = toml_place(name_, node.source());
  if (gates_.size() >= kMostGates) return wrong(node, "more than 1000 gates");
  auto replaced = replace_variables(text, lookup_);
  if (!replaced) return raise(std::move(replaced).error(), origin);
  // One line: positions count through it.
  std::ranges::replace(*replaced, '\n', ' ');
  auto expr = parse_gate(*replaced, metric);
  if (!expr) return raise(std::move(expr).error(), origin);
  if (!metric.empty()) {
    expr->text = fmt::format("{}: {}", metric, expr->text);
  }
  auto status = check_gate(*expr);
  if (!status) return raise(std::move(status).error(), origin);
  if (!label.empty()) expr->label = label;
  gates_.push_back({std::move(*expr), origin});
  return {};
}

}  // namespace

Result<std::string> replace_variables(std::string_view text,
                                      const VariableLookup& lookup) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("$$")) {
      result += '$';
      ++i;
    } else if (rest.starts_with("${")) {
      const size_t end = rest.find('}');
      if (end == rest.npos) {
        return fail(ErrorKind::usage,
                    fmt::format("at {}: '${{' is never closed", i + 1));
      }
      TIDEMARK_TRY(const std::string value,
                   variable(rest.substr(2, end - 2), lookup));
      result += value;
      i += end;
    } else {
      result += text[i];
    }
  }
  return result;
}

Result<Gate> make_gate(std::string_view text, std::string origin,
                       const VariableLookup& lookup) {
  auto replaced = replace_variables(text, lookup);
  if (!replaced) return raise(std::move(replaced).error(), origin);
  auto expr = parse_gate(*replaced);
  if (!expr) return raise(std::move(expr).error(), origin);
  auto status = check_gate(*expr);
  if (!status) return raise(std::move(status).error(), origin);
  return Gate{std::move(*expr), std::move(origin)};
}

Result<std::vector<Gate>> parse_gate_file(std::string_view text,
                                          const std::string& file,
                                          const VariableLookup& lookup) {
  TIDEMARK_TRY(const toml::table table, parse_toml(text, file));
  File gates(file, lookup);
  TIDEMARK_CHECK(gates.read(table));
  return gates.take();
}

}  // namespace tidemark
