#include "cli/program.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/help.h"
#include "core/base/text.h"

namespace tidemark {

#define COMMAND(name, summary) \
  void add_##name(CLI::App& app, CommandContext& context);
#include "cli/commands.def"
#undef COMMAND

int report_error(std::string_view command, const Error& error) {
  const std::string text = sanitize_log(error.what);
  std::fprintf(stderr, "tidemark %.*s: %s\n", static_cast<int>(command.size()),
               command.data(), text.c_str());
  const bool usage =
      error.kind == ErrorKind::usage || error.kind == ErrorKind::not_found;
  return usage ? kExitUsage : kExitInternal;
}

int report_recording_error(std::string_view command, const Error& error) {
  const int code = report_error(command, error);
  const bool is_refused = error.kind == ErrorKind::malformed ||
                          error.kind == ErrorKind::unsupported ||
                          error.kind == ErrorKind::permission;
  return is_refused ? kExitUsage : code;
}

namespace {

constexpr const char* kFooter =
    "Every option has a twin in the environment: 'report --strict' is\n"
    "TIDEMARK_REPORT_STRICT=1. The command line wins.\n"
    "'tidemark COMMAND --help' says more; so does man tidemark.";

std::string upper(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool is_word = std::isalnum(static_cast<unsigned char>(c)) != 0;
    text += is_word
                ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                : '_';
  }
  return text;
}

bool has_no_twin(const CLI::Option& option) {
  const std::string& name = option.get_name(false, true);
  return option.get_lnames().empty() || !option.get_envname().empty() ||
         name.find("--help") != std::string::npos ||
         name.find("--version") != std::string::npos;
}

// Commands that read a configuration file take their settings from the
// environment too (daemon/options.h), without the command in the name.
bool reads_environment(const CLI::App& app) {
  return app.get_option_no_throw("--config") != nullptr;
}

void give_twins(CLI::App& app, const std::string& prefix) {
  if (reads_environment(app)) return;
  for (CLI::Option* option :
       app.get_options([](const CLI::Option*) { return true; })) {
    if (has_no_twin(*option)) continue;
    option->envname(prefix + "_" + upper(option->get_lnames().front()));
  }
  for (CLI::App* sub :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    give_twins(*sub, prefix + "_" + upper(sub->get_name()));
  }
}

// The names a wrong word may have meant, in the innermost command reached and
// those around it.
std::vector<std::string> candidates(const CLI::App& app, bool is_option) {
  std::vector<std::string> names;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    if (is_option) {
      for (const CLI::Option* option : at->get_options()) {
        for (const std::string& name : option->get_lnames()) {
          names.push_back("--" + name);
        }
      }
    } else if (at == &app) {
      for (const CLI::App* sub :
           at->get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(sub->get_name());
      }
    }
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

const CLI::App& innermost(const CLI::App& app) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  return parsed.empty() ? app : innermost(*parsed.back());
}

// What was left over, or "".
std::string unknown_word(const CLI::App& program) {
  const std::vector<std::string> rest = program.remaining(true);
  return rest.empty() ? "" : rest.front();
}

std::string explain(const CLI::App& program, const CLI::App& inner,
                    const CLI::ParseError& error) {
  const std::string word = unknown_word(program);
  if (word.empty() &&
      error.get_exit_code() ==
          static_cast<int>(CLI::ExitCodes::RequiredError) &&
      !candidates(inner, false).empty()) {
    return "say which: " + joined(candidates(inner, false));
  }
  if (word.empty()) return error.what();
  const bool is_option = word.size() > 1 && word[0] == '-';
  // --strcit=1 is about --strcit.
  const std::string name = is_option ? word.substr(0, word.find('=')) : word;
  const std::vector<std::string> known = candidates(inner, is_option);
  if (known.empty()) return "unexpected argument '" + word + "'";
  const std::vector<std::string_view> views(known.begin(), known.end());
  return unknown_message(is_option ? "option" : "command", name, views);
}

}  // namespace

int report_usage(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App& inner = innermost(program);
  const std::string path = command_path(&inner);
  std::fprintf(stderr, "%s: %s\nTry '%s --help'.\n", path.c_str(),
               sanitize_log(explain(program, inner, error)).c_str(),
               path.c_str());
  return kExitUsage;
}

void declare_program(CLI::App& program, CommandContext& context) {
  context.program = &program;
  program.formatter(std::make_shared<HelpFormatter>());
  program.require_subcommand(1);
  program.set_help_flag("-h,--help", "Say what there is and how to use it");
  program.set_version_flag("--version", "tidemark " TIDEMARK_VERSION,
                           "Print the version");
  program.add_flag("-v,--verbose", context.verbosity,
                   "Say more; also after the command");
  program.footer(kFooter);
  CLI::App* sub = nullptr;
#define COMMAND(name, summary)                  \
  sub = program.add_subcommand(#name, summary); \
  sub->fallthrough()->group("Commands");        \
  add_##name(*sub, context);
#include "cli/commands.def"
#undef COMMAND
  static_cast<void>(sub);
  give_twins(program, "TIDEMARK");
}

}  // namespace tidemark
