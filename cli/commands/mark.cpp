// tidemark mark: a note in the recording, at this moment.
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/shell_mark.h"

namespace tidemark {

void add_mark(CLI::App& app, CommandContext& context) {
  auto text = std::make_shared<std::string>();
  app.add_option("text", *text, "What to note, at most 424 bytes")->required();
  app.callback([text, &context] {
    const Status sent = send_shell_mark([&](tidemark_session* session) {
      tidemark_note(session, text->c_str());
    });
    if (!sent) context.exit_code = report_error("mark", sent.error());
  });
}

}  // namespace tidemark
