// Shell completion scripts for a command line and for the daemon's.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace tidemark {

// Every command and option, the values of options with a closed set, files
// elsewhere. `daemon` is the usage text of tidemarkd.
std::string bash_completion(const CLI::App& program, std::string_view daemon);
std::string zsh_completion(const CLI::App& program, std::string_view daemon);

}  // namespace tidemark
