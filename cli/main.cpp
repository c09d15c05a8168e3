// The `tidemark` command: one program, its subcommands from commands.def.
#include <cstdio>
#include <exception>

#include "cli/command.h"
#include "core/base/text.h"

namespace tidemark {

#define COMMAND(name, summary) \
  void add_##name(CLI::App& app, CommandContext& context);
#include "cli/commands.def"
#undef COMMAND

int report_error(std::string_view command, const Error& error) {
  const std::string text = sanitize_log(error.what);
  std::fprintf(stderr, "tidemark %.*s: %s\n", static_cast<int>(command.size()),
               command.data(), text.c_str());
  const bool usage = error.kind == ErrorKind::usage ||
                     error.kind == ErrorKind::not_found;
  return usage ? kExitUsage : kExitInternal;
}

namespace {

int run(int argc, char** argv) {
  CLI::App app("System-level resource profiler and leak detector", "tidemark");
  CommandContext context;
  app.require_subcommand(1);
  app.add_flag("-v,--verbose", context.verbosity, "Say more");
#define COMMAND(name, summary) \
  add_##name(*app.add_subcommand(#name, summary), context);
#include "cli/commands.def"
#undef COMMAND
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  return context.exit_code;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  try {
    return tidemark::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tidemark: internal error: %s\n", error.what());
    return tidemark::kExitInternal;
  }
}
