#include "cli/gate_arguments.h"

#include <cstdlib>
#include <iterator>
#include <utility>

#include "core/os/file.h"
#include "daemon/gate_sources.h"

namespace tidemark {
namespace {

// "default|sla|...|FILE".
std::string pack_choices() {
  std::string choices;
  for (const GatePack& pack : gate_packs()) {
    choices += std::string(pack.name) + "|";
  }
  return choices + "FILE";
}

const char* from_environment(const char* name) { return std::getenv(name); }

}  // namespace

void add_gate_options(CLI::App& app, GateArguments& arguments) {
  app.add_option("--gates", arguments.files,
                 "A pack of gates, or a TOML file of them")
      ->type_name(pack_choices())
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  app.add_option("--gate", arguments.expressions,
                 "One gate: \"max(rss_anon{role='server'}) < 1GiB\"")
      ->type_name("EXPRESSION")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  app.add_option("--suppress", arguments.suppressions,
                 "A TOML file of known leaks: site, owner, reason, expires")
      ->type_name("FILE")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  app.add_flag("--ci", arguments.ci,
               "A gate without data fails; exit 11 when one is undecided");
}

void add_exit_options(CLI::App& app, ReportFlags& flags) {
  app.add_flag("--strict", flags.strict,
               "Exit 12 when a leak is suspected, 11 when undecided");
  app.add_flag("--warnings-as-errors", flags.warnings_as_errors,
               "Exit 10 when there are only warnings");
}

Result<std::vector<Gate>> load_gates(const GateArguments& arguments) {
  std::vector<Gate> gates;
  for (const std::string& name : arguments.files) {
    TIDEMARK_TRY(auto more, load_named_gates(name));
    std::move(more.begin(), more.end(), std::back_inserter(gates));
  }
  for (const std::string& text : arguments.expressions) {
    TIDEMARK_TRY(auto gate, make_gate(text, "--gate", from_environment));
    gates.push_back(std::move(gate));
  }
  TIDEMARK_CHECK(check_contradictions(gates));
  return gates;
}

Result<std::vector<Suppression>> load_suppressions(
    const GateArguments& arguments) {
  std::vector<Suppression> all;
  for (const std::string& name : arguments.suppressions) {
    std::string buffer;
    const auto text = read_file(name, buffer, 1u << 20);
    if (!text) return fail(ErrorKind::usage, text.error().what);
    TIDEMARK_TRY(auto more, parse_suppressions(*text, name));
    std::move(more.begin(), more.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace tidemark
