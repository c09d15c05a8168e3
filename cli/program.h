// The command line as one object: all subcommands of commands.def declared.
#pragma once

#include "cli/command.h"

namespace tidemark {

// Declares everything on `program`; `context` must outlive it.
void declare_program(CLI::App& program, CommandContext& context);

// Says what is wrong with a command line, with the nearest name that exists,
// on stderr; returns the exit code 64.
int report_usage(const CLI::App& program, const CLI::ParseError& error);

}  // namespace tidemark
