#include "cli/record_result.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstring>

#include "cli/command.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

constexpr int kExitSignalled = 30;

void say(const std::string& text) {
  std::fprintf(stderr, "tidemark record: %s\n", sanitize_log(text).c_str());
}

void tell_command(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    say(fmt::format("the command was killed by signal {} ({})", number,
                    strsignal(number)));
  } else if (WEXITSTATUS(wait_status) != 0) {
    say(fmt::format("the command exited with {}", WEXITSTATUS(wait_status)));
  }
}

void tell_summary(const RecordOutcome& outcome) {
  const EngineProgress& progress = outcome.progress;
  say(fmt::format("{}: {} ticks in {}, {}", outcome.path, progress.ticks,
                  format_duration(outcome.elapsed),
                  format_bytes(static_cast<double>(progress.bytes))));
}

}  // namespace

int command_exit_code(int wait_status) {
  return WIFSIGNALED(wait_status) ? kExitSignalled : WEXITSTATUS(wait_status);
}

int tell_outcome(const RecordOutcome& outcome) {
  for (const std::string& selector : outcome.unmatched) {
    say("selector '" + selector + "' met no process");
  }
  if (outcome.wait_status) tell_command(*outcome.wait_status);
  if (!outcome.closed) {
    say("data was lost: " + outcome.closed.error().what);
    return kExitInternal;
  }
  if (!outcome.quiet) tell_summary(outcome);
  return outcome.wait_status ? command_exit_code(*outcome.wait_status) : 0;
}

}  // namespace tidemark
