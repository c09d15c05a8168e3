#include "cli/record_result.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "cli/command.h"
#include "cli/output_arguments.h"
#include "core/base/text.h"
#include "report/report.h"

namespace tidemark {
namespace {

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

// The whole report, unless quiet; its exit code.
int tell_report(const RecordOutcome& outcome) {
  LoadOptions load;
  load.gates = outcome.gates;
  load.suppressions = outcome.suppressions;
  load.ci = outcome.flags.ci;
  load.timeline = false;  // of charts, which text has none of
  const auto data = load_report(outcome.path, load);
  if (!data) return report_error("record", data.error());
  if (!outcome.quiet) {
    FormatOptions options;
    options.flags = outcome.flags;
    options.color = wants_color(STDERR_FILENO);
    const auto text = render_report(*data, "text", options);
    if (!text) return report_error("record", text.error());
    std::fputs(text->c_str(), stderr);
  }
  return exit_code_of_command(*data, outcome.flags);
}

}  // namespace

int tell_outcome(const RecordOutcome& outcome) {
  for (const std::string& selector : outcome.unmatched) {
    say("selector '" + selector + "' met no process");
  }
  if (outcome.wait_status) tell_command(*outcome.wait_status);
  // Said before the report, which may be long, and decided after it.
  if (!outcome.closed) say("data was lost: " + outcome.closed.error().what);
  if (!outcome.quiet) tell_summary(outcome);
  const int code = tell_report(outcome);
  return outcome.closed ? code : kExitInternal;
}

}  // namespace tidemark
