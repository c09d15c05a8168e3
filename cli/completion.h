// Shell completion scripts for a command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tidemark {

// Every command and option, the values of options with a closed set, files
// elsewhere.
std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);

}  // namespace tidemark
