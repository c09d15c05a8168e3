#include "cli/completion_words.h"

#include <cctype>
#include <sstream>

#include "cli/help.h"

namespace tidemark {
namespace {

// "text|json" and "k6" are what may be said; "soak|FILE" one word or a file.
void take_choices(const CLI::Option& option, CompletionOption& words) {
  std::istringstream parts(value_name(option));
  for (std::string part; std::getline(parts, part, '|');) {
    words.files |= part == "FILE";
    if (std::islower(static_cast<unsigned char>(part.front())) == 0) continue;
    words.choices += (words.choices.empty() ? "" : " ") + part;
  }
}

CompletionOption described(const CLI::Option& option) {
  CompletionOption words;
  words.help = option.get_description();
  take_choices(option, words);
  words.value = value_name(option);
  words.repeats =
      option.get_items_expected_max() > 1 ||
      option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  return words;
}

}  // namespace

std::vector<const CLI::App*> completion_commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<CompletionOption> completion_options(const CLI::App& app) {
  std::vector<CompletionOption> all;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      const bool is_own_help = at != &app && option == at->get_help_ptr();
      const bool is_version = option->check_lname("version") && at != &app;
      // --help does not list them either.
      const bool is_hidden = option->get_group().empty();
      if (is_own_help || is_version || is_hidden) continue;
      CompletionOption words = described(*option);
      for (const std::string& name : option->get_snames()) {
        words.names.push_back("-" + name);
      }
      for (const std::string& name : option->get_lnames()) {
        words.names.push_back("--" + name);
      }
      if (!words.names.empty()) all.push_back(std::move(words));
    }
  }
  return all;
}

std::vector<CompletionOption> completion_positionals(const CLI::App& app) {
  std::vector<CompletionOption> all;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    all.push_back(described(*option));
    all.back().names = {option->get_name()};
  }
  return all;
}

std::vector<CompletionOption> completion_options(std::string_view usage) {
  std::vector<CompletionOption> all;
  std::istringstream lines{std::string(usage)};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  -")) continue;
    const size_t gap = line.find("  ", 2);
    CompletionOption words;
    std::istringstream parts(line.substr(0, gap));
    for (std::string part; parts >> part;) {
      if (part.ends_with(',')) part.pop_back();
      if (part.starts_with('-')) {
        words.names.push_back(part);
      } else {
        words.value = part;
      }
    }
    if (gap != std::string::npos) {
      words.help = line.substr(line.find_first_not_of(' ', gap));
    }
    words.repeats = words.help.find("repeated") != std::string::npos;
    all.push_back(std::move(words));
  }
  return all;
}

}  // namespace tidemark
