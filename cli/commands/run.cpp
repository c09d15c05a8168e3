// tidemark run: begins or ends a test run from a shell script.
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/shell_mark.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

// In the order of tidemark_run_status.
constexpr std::array<std::string_view, 3> kStatuses = {"ok", "failed",
                                                       "aborted"};

struct RunArguments {
  std::string name;
  std::string status = "ok";
};

Status begin_run(const RunArguments& arguments) {
  if (arguments.name.empty())
    return fail(ErrorKind::usage, "the name is empty");
  return send_shell_mark([&](tidemark_session* session) {
    tidemark_run_begin(session, arguments.name.c_str());
  });
}

Status end_run(const RunArguments& arguments) {
  for (size_t i = 0; i < kStatuses.size(); ++i) {
    if (kStatuses[i] != arguments.status) continue;
    return send_shell_mark([&](tidemark_session* session) {
      tidemark_run_end(session, static_cast<tidemark_run_status>(i));
    });
  }
  return fail(ErrorKind::usage,
              unknown_message("run status", arguments.status, kStatuses));
}

}  // namespace

void add_run(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<RunArguments>();
  const auto act = [&context,
                    arguments](Status (*action)(const RunArguments&)) {
    return [&context, arguments, action] {
      const Status done = action(*arguments);
      if (!done) context.exit_code = report_error("run", done.error());
    };
  };
  app.require_subcommand(1);
  CLI::App& begin = *app.add_subcommand("begin", "Begin a run");
  begin.add_option("name", arguments->name, "The run's name")
      ->type_name("NAME")
      ->required();
  begin.callback(act(begin_run));
  CLI::App& end = *app.add_subcommand("end", "End the run, its phases too");
  end.add_option("name", arguments->name, "The run's name (for the reader)");
  end.add_option("--status", arguments->status, "How it went (default ok)")
      ->type_name("ok|failed|aborted");
  end.callback(act(end_run));
}

}  // namespace tidemark
