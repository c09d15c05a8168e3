#include "daemon/roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"

namespace tidemark {
namespace {

using Kind = Selector::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 6> kKinds = {{
    {"comm", Kind::comm},
    {"exe", Kind::exe},
    {"cmdline", Kind::cmdline},
    {"cgroup", Kind::cgroup},
    {"pid", Kind::pid},
    {"client", Kind::client},
}};

// Positions count from 1, as editors do.
std::unexpected<Error> bad(std::string_view text, size_t position,
                           std::string_view why) {
  return fail(ErrorKind::usage,
              fmt::format("'{}': at {}: {}", text, position + 1, why));
}

Result<Kind> parse_kind(std::string_view word) {
  std::array<std::string_view, kKinds.size()> names;
  for (size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].first == word) return kKinds[i].second;
    names[i] = kKinds[i].first;
  }
  return fail(ErrorKind::usage, unknown_message("selector", word, names));
}

// `offset`: where `text` begins in `whole`, for the messages.
Result<Selector> parse_at(std::string_view whole, size_t offset) {
  const std::string_view text = whole.substr(offset);
  Selector selector;
  selector.text = std::string(text);
  if (text.empty()) return bad(whole, offset, "a selector is missing");
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    selector.pattern = selector.text;
    return selector;
  }
  auto kind = parse_kind(text.substr(0, colon));
  if (!kind) return bad(whole, offset, kind.error().what);
  selector.kind = *kind;
  selector.pattern = std::string(text.substr(colon + 1));
  const size_t at = offset + colon + 1;
  if (selector.pattern.empty()) return bad(whole, at, "a pattern is missing");
  if (selector.kind == Kind::pid) {
    const auto pid = parse_int(selector.pattern);
    if (!pid || *pid <= 0) return bad(whole, at, "not a process id");
    selector.pid = *pid;
  }
  return selector;
}

bool is_role_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

std::string_view file_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool matches_exe(std::string_view pattern, std::string_view exe) {
  const bool whole = pattern.find('/') != std::string_view::npos;
  return !exe.empty() && glob_match(pattern, whole ? exe : file_name(exe));
}

std::string joined(std::string_view argv) {
  while (!argv.empty() && argv.back() == '\0') argv.remove_suffix(1);
  std::string text(argv);
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

}  // namespace

Result<Selector> parse_selector(std::string_view text) {
  return parse_at(text, 0);
}

Result<RoleRule> parse_role(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return bad(text, text.size(), "'=SELECTOR' is missing (NAME=SELECTOR)");
  }
  if (equals == 0) return bad(text, 0, "the role's name is missing");
  for (size_t i = 0; i < equals; ++i) {
    if (!is_role_character(text[i])) {
      return bad(text, i, "a role's name has letters, digits, '_', '-', '.'");
    }
  }
  auto selector = parse_at(text, equals + 1);
  if (!selector) return std::unexpected(std::move(selector).error());
  return RoleRule{std::string(text.substr(0, equals)), std::move(*selector)};
}

bool selects(const Selector& selector, const Subject& process) {
  switch (selector.kind) {
    case Kind::name:
      return glob_match(selector.pattern, process.name) ||
             matches_exe(selector.pattern, process.exe);
    case Kind::comm: return glob_match(selector.pattern, process.name);
    case Kind::exe: return matches_exe(selector.pattern, process.exe);
    case Kind::cmdline:
      return glob_match(selector.pattern, joined(process.command));
    case Kind::cgroup: return glob_match(selector.pattern, process.cgroup);
    case Kind::pid: return process.process.pid.value == selector.pid;
    case Kind::client: return false;
  }
  return false;
}

bool selects_client(const Selector& selector, std::string_view client_name) {
  return selector.kind == Kind::client &&
         glob_match(selector.pattern, client_name);
}

RoleRules::RoleRules(std::vector<RoleRule> roles, std::vector<Selector> watch) {
  for (RoleRule& rule : roles) {
    rules_.push_back({std::move(rule.selector), std::move(rule.role), false});
  }
  for (Selector& selector : watch) {
    rules_.push_back({std::move(selector), "", false});
  }
}

void RoleRules::classify(Subject& process) {
  if (process.kernel_thread) return;
  bool named = false;
  for (Rule& rule : rules_) {
    if (!selects(rule.selector, process)) continue;
    rule.matched = true;
    process.watched = true;
    if (!named && !rule.role.empty()) {
      process.role = rule.role;
      named = true;
    }
  }
}

std::string RoleRules::client_role(std::string_view client_name) {
  std::string role;
  for (Rule& rule : rules_) {
    if (!selects_client(rule.selector, client_name)) continue;
    rule.matched = true;
    if (role.empty()) role = rule.role;
  }
  return role;
}

std::vector<std::string> RoleRules::unmatched() const {
  std::vector<std::string> result;
  for (const Rule& rule : rules_) {
    if (!rule.matched) result.push_back(rule.selector.text);
  }
  return result;
}

}  // namespace tidemark
