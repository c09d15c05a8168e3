// tidemark snapshot: names this instant, so that `tidemark diff` can take it.
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/shell_mark.h"

namespace tidemark {

void add_snapshot(CLI::App& app, CommandContext& context) {
  auto name = std::make_shared<std::string>();
  app.add_option("name", *name, "How diff is to call it")->required();
  app.footer("tidemark diff RECORDING NAME ANOTHER says what differs.");
  app.callback([&context, name] {
    if (name->empty()) {
      context.exit_code =
          report_error("snapshot", {ErrorKind::usage, 0, "the name is empty"});
      return;
    }
    const Status done = send_shell_mark([&](tidemark_session* session) {
      tidemark_snapshot(session, name->c_str());
    });
    if (!done) context.exit_code = report_error("snapshot", done.error());
  });
}

}  // namespace tidemark
