// One subcommand of `tidemark`: cli/commands/x.cpp defines
//   void add_x(CLI::App& app, CommandContext& context);
// which declares its options on `app` and a callback that does the work and
// sets context.exit_code (design part 1); the line COMMAND(x, "summary") in
// commands.def makes it known.
//
// Conventions that help and completion rely on: an option with a closed set
// of values has them as its type name, "text|json"; every option gets the
// environment twin TIDEMARK_COMMAND_OPTION unless it names one itself.
#pragma once

#include <CLI/CLI.hpp>

#include "core/base/result.h"

namespace tidemark {

inline constexpr int kExitUsage = 64;
inline constexpr int kExitInternal = 70;

struct CommandContext {
  int exit_code = 0;
  int verbosity = 0;                  // -v
  const CLI::App* program = nullptr;  // the whole command line, for completion
};

// Prints "tidemark COMMAND: what" to stderr, sanitized, and returns the exit
// code of the error's kind: 64 for usage and not_found, else 70.
int report_error(std::string_view command, const Error& error);
// The same for a file the user named as a recording: one that is none, that
// needs a newer Tidemark or may not be read is a wrong argument too, 64.
int report_recording_error(std::string_view command, const Error& error);

}  // namespace tidemark
