// One subcommand of `tidemark`: cli/commands/x.cpp defines
//   void add_x(CLI::App& app, CommandContext& context);
// which declares its options on `app` and a callback that does the work and
// sets context.exit_code (design part 1); the line COMMAND(x, "summary") in
// commands.def makes it known.
#pragma once

#include <CLI/CLI.hpp>

#include "core/base/result.h"

namespace tidemark {

inline constexpr int kExitUsage = 64;
inline constexpr int kExitInternal = 70;

struct CommandContext {
  int exit_code = 0;
  int verbosity = 0;  // -v
};

// Prints "tidemark COMMAND: what" to stderr, sanitized, and returns the exit
// code of the error's kind: 64 for usage and not_found, else 70.
int report_error(std::string_view command, const Error& error);

}  // namespace tidemark
