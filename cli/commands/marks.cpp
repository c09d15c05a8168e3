// tidemark marks: a script's whole test on standard input, one mark per line.
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/mark_line.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr uint32_t kTimeoutMs = 2000;
constexpr size_t kMostTold = 10;  // wrong lines; then only their number

// Lines of a stream; one that is longer than the buffer is skipped whole.
class Lines {
 public:
  // False at the end. `text` is empty for a line that is too long.
  bool next(std::string& text, bool& is_long) {
    is_long = false;
    text.clear();
    while (std::fgets(buffer_.data(), static_cast<int>(buffer_.size()),
                      stdin) != nullptr) {
      const size_t length = std::strlen(buffer_.data());
      const bool whole = length > 0 && buffer_[length - 1] == '\n';
      if (!is_long) text.append(buffer_.data(), whole ? length - 1 : length);
      if (whole) return true;
      if (std::feof(stdin) != 0) return true;
      is_long = true;
      text.clear();
    }
    return false;
  }

 private:
  std::array<char, 4096> buffer_{};
};

// How many lines were refused.
size_t speak(tidemark_session* session) {
  Lines lines;
  std::string line;
  size_t refused = 0;
  bool is_long = false;
  for (size_t number = 1; lines.next(line, is_long); ++number) {
    const Status said = is_long ? fail(ErrorKind::usage, "the line is too long")
                                : speak_mark_line(line, session);
    if (said || ++refused > kMostTold) continue;
    std::fprintf(stderr, "tidemark marks: line %zu: %s\n", number,
                 sanitize_terminal(said.error().what).c_str());
  }
  return refused;
}

Status speak_all() {
  tidemark_session* session = tidemark_open("marks", 0);
  if (session == nullptr) return fail_errno("shared memory", errno);
  const size_t refused = speak(session);
  const tidemark_answer answer = tidemark_flush(session, kTimeoutMs);
  const uint64_t dropped = tidemark_dropped(session);
  tidemark_close(session);
  if (answer == TIDEMARK_NO_DAEMON) {
    return fail(ErrorKind::not_found,
                "no daemon listens; run this below `tidemark record -- ...`, "
                "start tidemarkd, or set TIDEMARK_SOCKET");
  }
  if (dropped != 0) {
    return fail(ErrorKind::gone, std::to_string(dropped) +
                                     " marks were dropped: they came faster "
                                     "than the daemon reads");
  }
  if (refused == 0) return {};
  return fail(ErrorKind::usage,
              std::to_string(refused) + " lines were refused");
}

}  // namespace

void add_marks(CLI::App& app, CommandContext& context) {
  app.footer(
      "One mark per line:\n"
      "  run begin NAME            run end [ok|failed|aborted]\n"
      "  phase begin NAME [KIND]   phase end NAME\n"
      "  note TEXT                 snapshot NAME\n"
      "  attribute KEY VALUE       quiesce\n"
      "  op NAME [COUNT]           failed NAME [COUNT]\n"
      "  counter NAME [COUNT]      gauge NAME VALUE\n"
      "  span NAME SECONDS [ok|failed]\n"
      "Phases that are still open when the input ends, end with it.");
  app.callback([&context] {
    const Status done = speak_all();
    if (!done) context.exit_code = report_error("marks", done.error());
  });
}

}  // namespace tidemark
