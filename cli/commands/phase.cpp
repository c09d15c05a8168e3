// tidemark phase: begins or ends a phase from a shell script. It outlives the
// command; another one ends it by its name.
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/shell_mark.h"
#include "core/base/text.h"
#include "core/model/event.h"

namespace tidemark {
namespace {

constexpr std::array<std::string_view, 9> kKinds = {
    "custom", "setup",    "warmup",   "ramp",   "load",
    "steady", "cooldown", "teardown", "exclude"};

struct PhaseArguments {
  std::string name;
  std::string kind = "custom";
};

Status begin_phase(const PhaseArguments& arguments) {
  PhaseKind kind = PhaseKind::custom;
  if (!phase_kind_from_name(arguments.kind.c_str(), kind)) {
    return fail(ErrorKind::usage,
                unknown_message("phase kind", arguments.kind, kKinds));
  }
  return send_shell_mark([&](tidemark_session* session) {
    tidemark_phase_begin(session, arguments.name.c_str(),
                         static_cast<tidemark_phase_kind>(kind));
  });
}

Status end_phase(const PhaseArguments& arguments) {
  return send_shell_mark([&](tidemark_session* session) {
    tidemark_phase_end_name(session, arguments.name.c_str());
  });
}

void add_action(CLI::App& app, CommandContext& context,
                const std::shared_ptr<PhaseArguments>& arguments,
                Status (*action)(const PhaseArguments&)) {
  app.add_option("name", arguments->name, "The phase's name")
      ->type_name("NAME")
      ->required();
  app.callback([&context, arguments, action] {
    if (arguments->name.empty()) {
      context.exit_code =
          report_error("phase", {ErrorKind::usage, 0, "the name is empty"});
      return;
    }
    const Status done = action(*arguments);
    if (!done) context.exit_code = report_error("phase", done.error());
  });
}

}  // namespace

void add_phase(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<PhaseArguments>();
  app.require_subcommand(1);
  CLI::App& begin = *app.add_subcommand("begin", "Begin a phase");
  begin
      .add_option("--kind", arguments->kind, "What it is for (default custom)")
      ->type_name(
          "custom|setup|warmup|ramp|load|steady|cooldown|teardown|exclude");
  add_action(begin, context, arguments, begin_phase);
  CLI::App& end = *app.add_subcommand("end", "End the phase of this name");
  add_action(end, context, arguments, end_phase);
}

}  // namespace tidemark
