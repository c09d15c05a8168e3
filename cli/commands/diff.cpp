// tidemark diff: what differs between two instants of one recording.
#include <memory>
#include <string>

#include "cli/output_arguments.h"
#include "report/report.h"
#include "report/run_diff.h"

namespace tidemark {
namespace {

struct DiffOptions {
  std::string recording, before = "begin", after = "end";
  OutputArguments output;
  bool all = false;
};

int diff(const DiffOptions& options) {
  const auto found = diff_run(options.recording, options.before, options.after);
  if (!found) return report_recording_error("diff", found.error());
  const Status written =
      write_whole(options.output.file, options.output.format == "json"
                                           ? diff_json(*found)
                                           : diff_text(*found, options.all));
  return written ? 0 : report_error("diff", written.error());
}

}  // namespace

void add_diff(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<DiffOptions>();
  app.add_option("recording", options->recording, "A recording")
      ->type_name("FILE")
      ->required();
  app.add_option("before", options->before,
                 "A snapshot's name, PHASE.begin, PHASE#2.end, begin, or +90s")
      ->type_name("WHEN")
      ->default_str("begin");
  app.add_option("after", options->after, "The same, later")
      ->type_name("WHEN")
      ->default_str("end");
  add_text_or_json_options(app, options->output);
  app.add_flag("--all", options->all, "What did not change, too");
  app.footer(
      "Snapshots are taken by tidemark snapshot NAME below a recorder, or by "
      "a\n"
      "client (tidemark_snapshot, Session.snapshot). Of a command that has\n"
      "ended, 'end' is when it was last seen.");
  app.callback([options, &context] { context.exit_code = diff(*options); });
}

}  // namespace tidemark
