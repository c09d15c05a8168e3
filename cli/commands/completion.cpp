// tidemark completion: shell completion made from the command line itself.
#include "cli/completion.h"

#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "core/base/text.h"
#include "daemon/service_arguments.h"

namespace tidemark {
namespace {

int completion(const std::string& shell, const CLI::App& program) {
  if (shell == "bash") {
    std::fputs(bash_completion(program, kServiceUsage).c_str(), stdout);
  } else if (shell == "zsh") {
    std::fputs(zsh_completion(program, kServiceUsage).c_str(), stdout);
  } else {
    constexpr std::string_view kShells[] = {"bash", "zsh"};
    return report_error(
        "completion",
        Error{ErrorKind::usage, 0, unknown_message("shell", shell, kShells)});
  }
  return 0;
}

}  // namespace

void add_completion(CLI::App& app, CommandContext& context) {
  const auto shell = std::make_shared<std::string>();
  app.add_option("shell", *shell, "Which shell")
      ->type_name("bash|zsh")
      ->required();
  app.footer(
      "bash:  source <(tidemark completion bash)\n"
      "zsh:   tidemark completion zsh > ~/.zfunc/_tidemark");
  app.callback([shell, &context] {
    context.exit_code = completion(*shell, *context.program);
  });
}

}  // namespace tidemark
