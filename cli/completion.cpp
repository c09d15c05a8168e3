#include "cli/completion.h"

#include "cli/completion_words.h"

namespace tidemark {
namespace {

// The words that may follow: commands, or the values of the positionals.
std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* sub : completion_commands(app)) {
    words += " " + sub->get_name();
  }
  for (const CompletionOption& each : completion_positionals(app)) {
    words += " " + each.choices;
  }
  return words;
}

void add_bash_case(const std::string& path,
                   const std::vector<CompletionOption>& options,
                   const std::string& words, std::string& cases,
                   std::string& values) {
  cases += "    '" + path + "') options='";
  for (const CompletionOption& option : options) {
    for (const std::string& name : option.names) {
      cases += " " + name;
      if (option.choices.empty()) continue;
      values += "    '" + path + " " + name + "') words='" + option.choices +
                (option.files ? "'; files=1 ;;\n" : "' ;;\n");
    }
  }
  cases += "'; words='" + words + "' ;;\n";
}

void add_bash_cases(const CLI::App& app, const std::string& path,
                    std::string& cases, std::string& values) {
  add_bash_case(path, completion_options(app), words_of(app), cases, values);
  for (const CLI::App* sub : completion_commands(app)) {
    add_bash_cases(*sub, path + " " + sub->get_name(), cases, values);
  }
}

// 'tidemark run'|'tidemark run begin'|...
std::string bash_paths(const CLI::App& app, const std::string& path) {
  std::string paths;
  for (const CLI::App* sub : completion_commands(app)) {
    const std::string next = path + " " + sub->get_name();
    const std::string below = bash_paths(*sub, next);
    paths += (paths.empty() ? "'" : "|'") + next + "'";
    if (!below.empty()) paths += "|" + below;
  }
  return paths;
}

}  // namespace

std::string bash_completion(const CLI::App& program, std::string_view daemon) {
  std::string cases;
  std::string values;
  add_bash_cases(program, program.get_name(), cases, values);
  add_bash_case("tidemarkd", completion_options(daemon), "", cases, values);
  return "# bash completion for tidemark; source it, or put it in\n"
         "# /usr/share/bash-completion/completions/tidemark\n"
         "_tidemark() {\n"
         "  local path=${COMP_WORDS[0]##*/} options='' words='' files='' i "
         "word\n"
         "  local current=${COMP_WORDS[COMP_CWORD]}\n"
         "  local before=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  # --name=value is three words here.\n"
         "  if [[ $current == = ]]; then\n"
         "    current=''\n"
         "  elif [[ $before == = ]]; then\n"
         "    before=${COMP_WORDS[COMP_CWORD-2]}\n"
         "  fi\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    [[ $word == -- ]] && { _command_offset $((i + 1)) 2>/dev/null;"
         " return; }\n"
         "    case \"$path $word\" in\n"
         "    " +
         bash_paths(program, program.get_name()) +
         ") path=\"$path $word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$path $before\" in\n" +
         values +
         "  esac\n"
         "  if [[ -n $words ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "    [[ -n $files ]] && COMPREPLY+=($(compgen -f -- \"$current\"))\n"
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
         "complete -o filenames -F _tidemark tidemark tidemarkd\n";
}

}  // namespace tidemark
