#include "core/analysis/plan.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <utility>

#include "core/analysis/toml_file.h"
#include "core/base/text.h"
#include "core/base/words.h"

namespace tidemark {
namespace {

constexpr size_t kMost = 1000;  // of targets, phases, levels, gates
constexpr int64_t kMostCycles = 100'000;

// One value of a table, with the place to name in an error.
class PlanReader {
 public:
  PlanReader(const std::string& file, const VariableLookup& lookup)
      : file_(file), lookup_(lookup) {}

  Status wrong(const toml::node& node, std::string_view why) const {
    return fail(ErrorKind::usage,
                fmt::format("{}: {}", toml_place(file_, node.source()), why));
  }
  Status text(const toml::node& node, std::string& into) const;
  Status words(const toml::node& node, std::vector<std::string>& into) const;
  Status texts(const toml::node& node, std::vector<std::string>& into) const;
  Status duration(const toml::node& node, Nanoseconds& into) const;
  Status number(const toml::node& node, int64_t least, int64_t most,
                int64_t& into) const;
  Status probe(const toml::node& node, PlanProbe& into) const;
  Status gate(const toml::node& node, std::vector<Gate>& into) const;

  // Calls the reader of each key in the order of the file.
  using Take = std::function<Status(const toml::node&)>;
  struct Key {
    std::string_view name;
    Take take;
  };
  Status table(const toml::node& node, const std::vector<Key>& keys) const;
  // [[NAME]]: each entry is a table.
  Status tables(const toml::node& node, std::string_view name,
                const Take& take) const;

 private:
  Status address(const toml::node& node, std::string_view text,
                 PlanProbe& into) const;

  const std::string& file_;
  const VariableLookup& lookup_;
};

Status PlanReader::text(const toml::node& node, std::string& into) const {
  const auto* written = node.as_string();
  if (written == nullptr) return wrong(node, "a text is expected");
  auto replaced = replace_variables(written->get(), lookup_);
  if (!replaced) return wrong(node, replaced.error().what);
  if (replaced->find('\0') != std::string::npos) {
    return wrong(node, "a text without zero bytes is expected");
  }
  into = std::move(*replaced);
  return {};
}

Status PlanReader::texts(const toml::node& node,
                         std::vector<std::string>& into) const {
  const toml::array* list = node.as_array();
  if (list == nullptr) {
    return text(node, into.emplace_back());
  }
  if (list->size() > kMost) return wrong(node, "more than 1000 entries");
  for (const toml::node& entry : *list) {
    TIDEMARK_CHECK(text(entry, into.emplace_back()));
  }
  return {};
}

// A text that is split into words, or the words.
Status PlanReader::words(const toml::node& node,
                         std::vector<std::string>& into) const {
  if (node.is_array()) {
    TIDEMARK_CHECK(texts(node, into));
    if (into.empty() || into.front().empty()) {
      return wrong(node, "a command is missing");
    }
    return {};
  }
  std::string line;
  TIDEMARK_CHECK(text(node, line));
  auto split = split_words(line);
  if (!split) return wrong(node, split.error().what);
  into = std::move(*split);
  return {};
}

Status PlanReader::duration(const toml::node& node, Nanoseconds& into) const {
  std::string written;
  TIDEMARK_CHECK(text(node, written));
  const auto parsed = parse_duration(written);
  if (!parsed) return wrong(node, parsed.error().what);
  if (parsed->count() < 0 || *parsed > std::chrono::hours(24 * 366)) {
    return wrong(node, "a time of at most 366 days is expected");
  }
  into = *parsed;
  return {};
}

// A number, or a text that is one when its variables are replaced.
Status PlanReader::number(const toml::node& node, int64_t least, int64_t most,
                          int64_t& into) const {
  std::optional<int64_t> value;
  if (const auto* written = node.as_integer()) value = written->get();
  if (node.is_string()) {
    std::string written;
    TIDEMARK_CHECK(text(node, written));
    value = parse_int(written);
  }
  if (!value || *value < least || *value > most) {
    return wrong(node, fmt::format("a whole number of {} to {} is expected",
                                   least, most));
  }
  into = *value;
  return {};
}

// HOST:PORT or [ADDRESS]:PORT.
Status PlanReader::address(const toml::node& node, std::string_view text,
                           PlanProbe& into) const {
  const size_t colon = text.rfind(':');
  const auto port =
      colon == text.npos ? std::nullopt : parse_int(text.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535 || colon == 0) {
    return wrong(node, fmt::format("'{}' is no HOST:PORT", text));
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  into.host = std::string(host);
  into.port = std::to_string(*port);
  return {};
}

Status PlanReader::probe(const toml::node& node, PlanProbe& into) const {
  std::string written;
  TIDEMARK_CHECK(text(node, written));
  into.text = written;
  const std::string_view all = written;
  if (all.starts_with("tcp:")) {
    into.kind = PlanProbe::Kind::tcp;
    return address(node, all.substr(4), into);
  }
  constexpr std::string_view kHttp = "http://";
  if (all.starts_with(kHttp)) {
    into.kind = PlanProbe::Kind::http;
    const std::string_view rest = all.substr(kHttp.size());
    const size_t slash = rest.find('/');
    if (slash != rest.npos) into.path = std::string(rest.substr(slash));
    std::string host(rest.substr(0, slash));
    if (host.find(':') == host.npos) host += ":80";
    return address(node, host, into);
  }
  if (all.starts_with("command:")) {
    into.kind = PlanProbe::Kind::command;
    auto split = split_words(all.substr(8));
    if (!split) return wrong(node, split.error().what);
    into.command = std::move(*split);
    return {};
  }
  return wrong(node,
               "healthy is tcp:HOST:PORT, http://HOST:PORT/PATH or "
               "command:WORDS");
}

Status PlanReader::gate(const toml::node& node, std::vector<Gate>& into) const {
  std::string expr;
  std::string label;
  const toml::node* at = &node;
  TIDEMARK_CHECK(table(node, {{"expr",
                               [&](const toml::node& value) {
                                 at = &value;
                                 return text(value, expr);
                               }},
                              {"label", [&](const toml::node& value) {
                                 return text(value, label);
                               }}}));
  if (into.size() >= kMost) return wrong(node, "more than 1000 gates");
  std::ranges::replace(expr, '\n', ' ');
  const auto none = [](const char*) -> const char* { return nullptr; };
  auto made = make_gate(expr, toml_place(file_, at->source()), none);
  if (!made) return std::unexpected(std::move(made).error());
  if (!label.empty()) made->expr.label = label;
  into.push_back(std::move(*made));
  return {};
}

Status PlanReader::table(const toml::node& node,
                         const std::vector<Key>& keys) const {
  const toml::table* all = node.as_table();
  if (all == nullptr) return wrong(node, "a table is expected");
  for (const auto& [name, value] : in_file_order(*all)) {
    const auto key = std::ranges::find(keys, name, &Key::name);
    if (key == keys.end()) {
      std::vector<std::string_view> known;
      for (const Key& each : keys) known.push_back(each.name);
      return wrong(*value, unknown_message("key", name, known));
    }
    TIDEMARK_CHECK(key->take(*value));
  }
  return {};
}

Status PlanReader::tables(const toml::node& node, std::string_view name,
                          const Take& take) const {
  const toml::array* list = node.as_array();
  if (list == nullptr) {
    return wrong(node, fmt::format("write [[{}]], in two brackets", name));
  }
  if (list->size() > kMost) return wrong(node, "more than 1000 of them");
  for (const toml::node& entry : *list) TIDEMARK_CHECK(take(entry));
  return {};
}

// Reads targets and phases; each check that needs only them is here.
class PlanBuilder {
 public:
  PlanBuilder(const std::string& file, const VariableLookup& lookup)
      : read_(file, lookup), file_(file) {}
  Result<Plan> build(const toml::table& table);

 private:
  PlanReader::Take into(std::string& text) {
    return [this, &text](const toml::node& node) {
      return read_.text(node, text);
    };
  }
  PlanReader::Take into(Nanoseconds& time) {
    return [this, &time](const toml::node& node) {
      return read_.duration(node, time);
    };
  }
  PlanReader::Take words(std::vector<std::string>& into) {
    return [this, &into](const toml::node& node) {
      return read_.words(node, into);
    };
  }
  PlanReader::Take texts(std::vector<std::string>& into) {
    return [this, &into](const toml::node& node) {
      return read_.texts(node, into);
    };
  }
  Status target(const toml::node& node);
  Status signal(const toml::node& node, int& into);
  Status environment(const toml::node& node, PlanTarget& target);
  Status phase(const toml::node& node);
  Status kind(const toml::node& node, PhaseKind& into);
  Status levels(const toml::node& node, PlanPhase& phase);
  Status ramp(const toml::node& node, PlanPhase& phase);
  Status exit_codes(const toml::node& node, PlanPhase& phase);
  Status until(const toml::node& node, PlanPhase& phase);
  Status pattern(const toml::node& node, std::string& into);
  Status check_phase(const toml::node& node, const PlanPhase& phase);

  PlanReader read_;
  const std::string& file_;
  Plan plan_;
};

Status PlanBuilder::signal(const toml::node& node, int& into) {
  struct Name {
    std::string_view name;
    int number;
  };
  static constexpr std::array kNames = {
      Name{"TERM", SIGTERM}, Name{"INT", SIGINT}, Name{"QUIT", SIGQUIT},
      Name{"HUP", SIGHUP}, Name{"KILL", SIGKILL}};
  std::string written;
  TIDEMARK_CHECK(read_.text(node, written));
  for (const Name& known : kNames) {
    if (known.name == written) {
      into = known.number;
      return {};
    }
  }
  return read_.wrong(node, "a signal is TERM, INT, QUIT, HUP or KILL");
}

Status PlanBuilder::environment(const toml::node& node, PlanTarget& target) {
  const toml::table* all = node.as_table();
  if (all == nullptr) return read_.wrong(node, "a table is expected");
  for (const auto& [key, value] : *all) {
    const std::string name(key.str());
    if (name.empty() || name.find('=') != name.npos) {
      return read_.wrong(value, "a variable's name is expected");
    }
    TIDEMARK_CHECK(read_.text(value, target.environment[name]));
  }
  return {};
}

Status PlanBuilder::target(const toml::node& node) {
  PlanTarget target;
  TIDEMARK_CHECK(read_.table(
      node,
      {{"name", into(target.name)},
       {"command", words(target.command)},
       {"prepare", words(target.prepare)},
       {"healthy",
        [&](const toml::node& value) {
          return read_.probe(value, target.healthy);
        }},
       {"within", into(target.within)},
       {"user", into(target.user)},
       {"directory", into(target.directory)},
       {"environment",
        [&](const toml::node& value) { return environment(value, target); }},
       {"stop",
        [&](const toml::node& value) {
          return signal(value, target.stop_signal);
        }},
       {"grace", into(target.grace)},
       {"select", texts(target.select)}}));
  if (target.name.empty()) return read_.wrong(node, "this target has no name");
  if (target.command.empty()) {
    return read_.wrong(node, "target '" + target.name + "' has no command");
  }
  for (const PlanTarget& other : plan_.targets) {
    if (other.name != target.name) continue;
    return read_.wrong(node, "two targets are called '" + target.name + "'");
  }
  plan_.targets.push_back(std::move(target));
  return {};
}

Status PlanBuilder::kind(const toml::node& node, PhaseKind& into) {
  std::string written;
  TIDEMARK_CHECK(read_.text(node, written));
  if (phase_kind_from_name(written.c_str(), into)) return {};
  static constexpr std::array<std::string_view, 9> kKinds = {
      "setup",    "warmup",   "ramp",    "load",  "steady",
      "cooldown", "teardown", "exclude", "custom"};
  return read_.wrong(node, unknown_message("kind", written, kKinds));
}

Status PlanBuilder::levels(const toml::node& node, PlanPhase& phase) {
  const toml::array* list = node.as_array();
  if (list == nullptr || list->empty() || list->size() > kMost) {
    return read_.wrong(node, "levels is a list of numbers");
  }
  for (const toml::node& entry : *list) {
    TIDEMARK_CHECK(
        read_.number(entry, 1, 1'000'000, phase.levels.emplace_back()));
  }
  return {};
}

// Evenly from one level to another.
Status PlanBuilder::ramp(const toml::node& node, PlanPhase& phase) {
  int64_t from = 1;
  int64_t to = 0;
  int64_t steps = 5;
  const auto number = [&](int64_t& value, int64_t most) {
    return [&value, most, this](const toml::node& entry) {
      return read_.number(entry, 1, most, value);
    };
  };
  TIDEMARK_CHECK(read_.table(node, {{"from", number(from, 1'000'000)},
                                    {"to", number(to, 1'000'000)},
                                    {"steps", number(steps, 1000)}}));
  if (to <= from) return read_.wrong(node, "ramp: to is above from");
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t level =
        steps == 1 ? to : from + (to - from) * i / (steps - 1);
    if (phase.levels.empty() || level > phase.levels.back()) {
      phase.levels.push_back(level);
    }
  }
  return {};
}

Status PlanBuilder::exit_codes(const toml::node& node, PlanPhase& phase) {
  const toml::array* list = node.as_array();
  if (list == nullptr || list->size() > 256) {
    return read_.wrong(node, "ok is a list of exit codes");
  }
  phase.ok.clear();
  for (const toml::node& entry : *list) {
    int64_t code = 0;
    TIDEMARK_CHECK(read_.number(entry, 0, 255, code));
    phase.ok.push_back(static_cast<int>(code));
  }
  return {};
}

Status PlanBuilder::until(const toml::node& node, PlanPhase& phase) {
  std::string written;
  TIDEMARK_CHECK(read_.text(node, written));
  if (written != "knee") return read_.wrong(node, "until is \"knee\"");
  phase.until_knee = true;
  return {};
}

Status PlanBuilder::pattern(const toml::node& node, std::string& into) {
  TIDEMARK_CHECK(read_.text(node, into));
  const size_t at = into.find("{}");
  const bool has_more = at != into.npos && into.find("{}", at + 1) != into.npos;
  if (at != into.npos && !has_more && into.size() > 2) return {};
  return read_.wrong(node, "a text with one {} where the number stands");
}

Status PlanBuilder::check_phase(const toml::node& node,
                                const PlanPhase& phase) {
  const std::string who = "phase '" + phase.name + "'";
  if (phase.name.empty() || phase.name.find('/') != phase.name.npos) {
    return read_.wrong(node, "a phase has a name without '/'");
  }
  if (phase.command.empty() && !phase.length) {
    return read_.wrong(node, who + " has neither command nor for");
  }
  const bool uses_level =
      std::ranges::any_of(phase.command, [](const std::string& word) {
        return word.find("${LEVEL}") != word.npos;
      });
  if (uses_level && phase.levels.empty()) {
    return read_.wrong(node, who + " says ${LEVEL} but has no levels");
  }
  if (!uses_level && !phase.levels.empty()) {
    return read_.wrong(node, who + " has levels but says ${LEVEL} nowhere");
  }
  if (phase.until_knee && phase.throughput.empty()) {
    return read_.wrong(node, who +
                                 " goes on until the knee: throughput says "
                                 "where its command tells it");
  }
  if (phase.until_knee && phase.levels.size() < 3) {
    return read_.wrong(node, who + " needs three levels to find a knee");
  }
  return {};
}

Status PlanBuilder::phase(const toml::node& node) {
  PlanPhase phase;
  Nanoseconds length{-1};  // not said
  const auto call = [&](auto method) {
    return [this, method, &phase](const toml::node& value) {
      return (this->*method)(value, phase);
    };
  };
  TIDEMARK_CHECK(read_.table(
      node, {{"name", into(phase.name)},
             {"kind",
              [&](const toml::node& value) { return kind(value, phase.kind); }},
             {"command", words(phase.command)},
             {"user", into(phase.user)},
             {"for", into(length)},
             {"levels", call(&PlanBuilder::levels)},
             {"ramp", call(&PlanBuilder::ramp)},
             {"until", call(&PlanBuilder::until)},
             {"throughput",
              [&](const toml::node& value) {
                return pattern(value, phase.throughput);
              }},
             {"operations",
              [&](const toml::node& value) {
                return pattern(value, phase.operations);
              }},
             {"cycles",
              [&](const toml::node& value) {
                return read_.number(value, 1, kMostCycles, phase.cycles);
              }},
             {"rest", into(phase.rest)},
             {"ok", call(&PlanBuilder::exit_codes)}}));
  if (length.count() >= 0) phase.length = length;
  TIDEMARK_CHECK(check_phase(node, phase));
  plan_.phases.push_back(std::move(phase));
  return {};
}

Result<Plan> PlanBuilder::build(const toml::table& table) {
  const auto each = [&](std::string_view name, auto method) {
    return [this, name, method](const toml::node& node) {
      return read_.tables(node, name, [this, method](const toml::node& entry) {
        return (this->*method)(entry);
      });
    };
  };
  TIDEMARK_CHECK(
      read_.table(table, {{"name", into(plan_.name)},
                          {"interval", into(plan_.interval)},
                          {"heap", into(plan_.heap)},
                          {"until", into(plan_.until)},
                          {"max", into(plan_.max)},
                          {"gates", texts(plan_.gate_files)},
                          {"roles", texts(plan_.roles)},
                          {"gate",
                           [&](const toml::node& node) {
                             return read_.tables(
                                 node, "gate", [&](const toml::node& entry) {
                                   return read_.gate(entry, plan_.gates);
                                 });
                           }},
                          {"target", each("target", &PlanBuilder::target)},
                          {"phase", each("phase", &PlanBuilder::phase)}}));
  if (plan_.phases.empty()) {
    return fail(ErrorKind::usage, file_ + ": has no [[phase]]");
  }
  if (plan_.name.empty()) plan_.name = "plan";
  return std::move(plan_);
}

// Texts that hold ${LEVEL} and ${CYCLE} keep them until a phase runs.
VariableLookup later(const VariableLookup& lookup) {
  return [lookup](const char* name) -> const char* {
    if (std::string_view(name) == "LEVEL") return "${LEVEL}";
    if (std::string_view(name) == "CYCLE") return "${CYCLE}";
    return lookup(name);
  };
}

void replace_all(std::string& text, std::string_view what,
                 const std::string& by) {
  for (size_t at = text.find(what); at != text.npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

Result<Plan> parse_plan(std::string_view text, const std::string& file,
                        const VariableLookup& lookup) {
  TIDEMARK_TRY(const toml::table table, parse_toml(text, file));
  const VariableLookup with_later = later(lookup);
  return PlanBuilder(file, with_later).build(table);
}

std::vector<std::string> plan_command(const std::vector<std::string>& command,
                                      int64_t level, int64_t cycle) {
  std::vector<std::string> words = command;
  for (std::string& word : words) {
    replace_all(word, "${LEVEL}", std::to_string(level));
    replace_all(word, "${CYCLE}", std::to_string(cycle));
  }
  return words;
}

}  // namespace tidemark
