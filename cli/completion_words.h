// What a shell may complete: commands, options and their values, as both
// completion scripts take them from the command line itself.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

struct CompletionOption {
  std::vector<std::string> names;  // "-o", "--output"
  std::string help;
  std::string value;    // what its value is called, "" without one
  std::string choices;  // "text json": words it may be, "" when none is known
  bool files = false;   // or a file besides
  bool repeats = false;
};

std::vector<const CLI::App*> completion_commands(const CLI::App& app);
// Those of the command and of the ones around it.
std::vector<CompletionOption> completion_options(const CLI::App& app);
// Positionals, as options whose only name is theirs.
std::vector<CompletionOption> completion_positionals(const CLI::App& app);

// The options of a usage text that lists them as
//   -v, --verbose VALUE   help
std::vector<CompletionOption> completion_options(std::string_view usage);

}  // namespace tidemark
