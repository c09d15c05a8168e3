// --exit-map: the exit codes of another tool, for scripts that know those.
#pragma once

#include <string>

#include "cli/command.h"

namespace tidemark {

void add_exit_map_option(CLI::App& app, std::string& map);

// "k6": what failed (20, 21, 22) is 99, its code for crossed thresholds
// (errext/exitcodes of grafana/k6); "" and all other codes are as they are.
int mapped_exit_code(int code, const std::string& map);

}  // namespace tidemark
