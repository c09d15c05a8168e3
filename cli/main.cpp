// The `tidemark` command: one program, its subcommands from commands.def.
#include <cstdio>
#include <exception>

#include "cli/program.h"

namespace {

int run(int argc, char** argv) {
  CLI::App program(
      "See whether a program leaks, where, and what each phase "
      "of a test costs",
      "tidemark");
  tidemark::CommandContext context;
  tidemark::declare_program(program, context);
  if (argc < 2) {
    std::fputs(program.help().c_str(), stderr);
    return tidemark::kExitUsage;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return program.exit(asked);
  } catch (const CLI::ParseError& error) {
    return tidemark::report_usage(program, error);
  }
  return context.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tidemark: internal error: %s\n", error.what());
    return tidemark::kExitInternal;
  }
}
