#include "cli/completion.h"

#include <algorithm>
#include <vector>

namespace tidemark {
namespace {

std::vector<const CLI::App*> subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames())
    names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) {
    names.push_back("--" + name);
  }
  return names;
}

// "text|json" as a type name is a closed set.
std::string choices(const CLI::Option& option) {
  std::string set = option.get_type_name();
  if (set.find('|') == std::string::npos) return "";
  std::replace(set.begin(), set.end(), '|', ' ');
  return set;
}

// Options of the command and of those around it.
std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  std::vector<const CLI::Option*> options;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      const bool is_own_help = at != &app && option == at->get_help_ptr();
      const bool is_version = option->check_lname("version") && at != &app;
      if (!is_own_help && !is_version) options.push_back(option);
    }
  }
  return options;
}

// The words that may follow: commands, or the values of the positionals.
std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* sub : subcommands(app)) words += " " + sub->get_name();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) words += " " + choices(*option);
  }
  return words;
}

void add_bash_case(const CLI::App& app, const std::string& path,
                   std::string& cases, std::string& values) {
  std::string options;
  for (const CLI::Option* option : options_of(app)) {
    for (const std::string& name : names_of(*option)) {
      options += " " + name;
      const std::string set = choices(*option);
      if (!set.empty()) {
        values += "    '" + path + " " + name + "') words='" + set + "' ;;\n";
      }
    }
  }
  cases += "    '" + path + "') options='" + options + "'; words='" +
           words_of(app) + "' ;;\n";
  for (const CLI::App* sub : subcommands(app)) {
    add_bash_case(*sub, path + " " + sub->get_name(), cases, values);
  }
}

// Inside '...' of a shell; [ ] and : mean something to _arguments.
std::string zsh_text(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'') {
      safe += "'\\''";
    } else {
      if (c == '[' || c == ']' || c == ':') safe += '\\';
      safe += c;
    }
  }
  return safe;
}

std::string zsh_value(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  const std::string set = choices(option);
  const std::string what = zsh_text(option.get_type_name());
  return ":" + what + ":" + (set.empty() ? "_files" : "(" + set + ")");
}

std::string zsh_arguments(const CLI::App& app) {
  std::string lines;
  for (const CLI::Option* option : options_of(app)) {
    const std::string help = zsh_text(option->get_description());
    for (const std::string& name : names_of(*option)) {
      lines +=
          " \\\n        '" + name + "[" + help + "]" + zsh_value(*option) + "'";
    }
  }
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const std::string set = choices(*option);
    lines += " \\\n        '*:" + zsh_text(option->get_name()) + ":" +
             (set.empty() ? "_files" : "(" + set + ")") + "'";
  }
  if (!subcommands(app).empty()) {
    lines += " \\\n        '1:command:(" + words_of(app) + " )'";
  }
  return lines;
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::string cases;
  std::string values;
  add_bash_case(program, program.get_name(), cases, values);
  return "# bash completion for tidemark; source it, or put it in\n"
         "# /usr/share/bash-completion/completions/tidemark\n"
         "_tidemark() {\n"
         "  local path=tidemark options='' words='' i word\n"
         "  local current=${COMP_WORDS[COMP_CWORD]}\n"
         "  local before=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    [[ $word == -- ]] && { _command_offset $((i + 1)) 2>/dev/null;"
         " return; }\n"
         "    case \"$path $word\" in\n"
         "    " +
         [&] {
           std::string paths;
           const auto add = [&](const auto& self, const CLI::App& app,
                                const std::string& path) -> void {
             for (const CLI::App* sub : subcommands(app)) {
               const std::string next = path + " " + sub->get_name();
               paths += (paths.empty() ? "'" : "|'") + next + "'";
               self(self, *sub, next);
             }
           };
           add(add, program, program.get_name());
           return paths.empty() ? std::string("''") : paths;
         }() +
         ") path=\"$path $word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$path $before\" in\n" +
         values +
         "  esac\n"
         "  if [[ -n $words ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "    return\n"
         "  fi\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
         "  elif [[ -n ${words// /} ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _tidemark tidemark\n";
}

std::string zsh_completion(const CLI::App& program) {
  std::string commands;
  std::string cases;
  for (const CLI::App* sub : subcommands(program)) {
    commands += "    '" + sub->get_name() + ":" +
                zsh_text(sub->get_description()) + "'\n";
    cases += "      " + sub->get_name() + ")\n        _arguments" +
             zsh_arguments(*sub) + "\n        ;;\n";
  }
  return "#compdef tidemark\n"
         "_tidemark() {\n"
         "  local state line\n"
         "  local -a commands\n"
         "  commands=(\n" +
         commands +
         "  )\n"
         "  _arguments -C" +
         [&] {
           std::string lines;
           for (const CLI::Option* option : options_of(program)) {
             const std::string help = zsh_text(option->get_description());
             for (const std::string& name : names_of(*option)) {
               lines += " \\\n    '" + name + "[" + help + "]'";
             }
           }
           return lines;
         }() +
         " \\\n    '1: :->command' '*:: :->arguments'\n"
         "  case $state in\n"
         "    command) _describe command commands ;;\n"
         "    arguments)\n"
         "      case $words[1] in\n" +
         cases +
         "      esac ;;\n"
         "  esac\n"
         "}\n"
         "_tidemark \"$@\"\n";
}

}  // namespace tidemark
