// A function for each command: what _arguments wants, and those below it.
#include "cli/completion.h"
#include "cli/completion_words.h"

namespace tidemark {
namespace {

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

std::string zsh_action(const CompletionOption& option) {
  if (option.choices.empty()) return "_files";
  const std::string words = "(" + option.choices + ")";
  if (!option.files) return words;
  return "_alternative \"words\\:word\\:" + words +
         "\" \"files\\:file\\:_files\"";
}

std::string zsh_options(const std::vector<CompletionOption>& options) {
  std::string lines;
  for (const CompletionOption& option : options) {
    for (const std::string& name : option.names) {
      lines += std::string(" \\\n    '") + (option.repeats ? "*" : "") + name +
               "[" + zsh_text(option.help) + "]";
      if (!option.value.empty()) {
        lines += ":" + zsh_text(option.value) + ":" + zsh_action(option);
      }
      lines += "'";
    }
  }
  return lines;
}

// Only the last may be more than one.
std::string zsh_positionals(const CLI::App& app) {
  std::string lines;
  int place = 0;
  for (const CompletionOption& each : completion_positionals(app)) {
    const std::string at = each.repeats ? "*" : std::to_string(++place);
    lines += " \\\n    '" + at + ":" + zsh_text(each.names.front()) + ":" +
             zsh_action(each) + "'";
  }
  return lines;
}

std::string zsh_commands(const CLI::App& app) {
  std::string lines;
  for (const CLI::App* sub : completion_commands(app)) {
    lines += "    '" + sub->get_name() + ":" +
             zsh_text(sub->get_description()) + "'\n";
  }
  return lines;
}

std::string zsh_cases(const CLI::App& app, const std::string& name) {
  std::string lines;
  for (const CLI::App* sub : completion_commands(app)) {
    const std::string& word = sub->get_name();
    lines += "        " + word + ") _" + name + "_" + word + " ;;\n";
  }
  return lines;
}

// Those below come first.
void add_zsh_function(const CLI::App& app, const std::string& name,
                      std::string& script) {
  const auto commands = completion_commands(app);
  for (const CLI::App* sub : commands) {
    add_zsh_function(*sub, name + "_" + sub->get_name(), script);
  }
  script +=
      "_" + name + (app.get_parent() == nullptr ? "-program" : "") + "() {\n";
  if (!commands.empty()) {
    script += "  local state line context\n  local -a commands\n  commands=(\n";
    script += zsh_commands(app) + "  )\n";
  }
  script += std::string("  _arguments") + (commands.empty() ? "" : " -C") +
            zsh_options(completion_options(app));
  if (commands.empty()) {
    script += zsh_positionals(app) + "\n}\n";
    return;
  }
  script +=
      " \\\n    '1: :->command' '*:: :->arguments'\n"
      "  case $state in\n"
      "    command) _describe command commands ;;\n"
      "    arguments)\n"
      "      case $words[1] in\n" +
      zsh_cases(app, name) +
      "      esac ;;\n"
      "  esac\n"
      "}\n";
}

}  // namespace

std::string zsh_completion(const CLI::App& program, std::string_view daemon) {
  std::string script = "#compdef tidemark tidemarkd\n";
  add_zsh_function(program, program.get_name(), script);
  // zsh calls the function of the file's name from the second time on.
  script += "_tidemarkd() {\n  _arguments" +
            zsh_options(completion_options(daemon)) + "\n}\n";
  return script +
         "_tidemark() {\n"
         "  case $service in\n"
         "    tidemarkd) _tidemarkd ;;\n"
         "    *) _tidemark-program ;;\n"
         "  esac\n"
         "}\n"
         "_tidemark\n";
}

}  // namespace tidemark
