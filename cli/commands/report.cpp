// tidemark report: what a recording says, and the exit code it means.
#include "report/report.h"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/baseline_reference.h"
#include "cli/command.h"
#include "cli/exit_map.h"
#include "cli/gate_arguments.h"
#include "cli/output_arguments.h"
#include "core/base/text.h"
#include "report/join_reports.h"
#include "report/profile.h"

namespace tidemark {
namespace {

struct ReportOptions {
  std::vector<std::string> recordings;
  OutputArguments output;
  GateArguments gates;
  BaselineArguments baseline;
  ReportFlags flags;
  std::string what = "live";
  std::string phase;
  std::string chart;
  std::string exit_map;
};

std::string profile_names() {
  std::string names;
  for (const ProfileKind& kind : profile_kinds()) {
    if (!names.empty()) names += '|';
    names += kind.name;
  }
  return names;
}

// A line that is overwritten, on a terminal only, when reading takes a while.
void show_progress(double part) {
  std::fprintf(stderr, "\rreading %3.0f %%", part * 100);
}

int report(const ReportOptions& options, int verbosity) {
  // A wrong format name is said before the recording is read.
  const FormatEntry* format = find_format(options.output.format);
  if (format == nullptr) {
    return report_error("report",
                        render_report({}, options.output.format).error());
  }
  LoadOptions load;
  auto gates = load_gates(options.gates);
  if (!gates) return report_error("report", gates.error());
  load.gates = std::move(*gates);
  auto known = load_suppressions(options.gates);
  if (!known) return report_error("report", known.error());
  load.suppressions = std::move(*known);
  load.ci = options.gates.ci;
  load.timeline = format->reads == FormatReads::timeline;
  const auto references =
      find_references(options.baseline, load.gates, options.recordings.front());
  if (!references) return report_recording_error("report", references.error());
  use_references(load, options.baseline, *references);
  const bool is_shown = ::isatty(STDERR_FILENO) == 1;
  if (is_shown) load.progress = show_progress;
  auto data = load_reports(options.recordings, load);
  if (is_shown) std::fputs("\r\033[K", stderr);
  if (!data) return report_recording_error("report", data.error());
  const Status compared = compare_report(*data, options.baseline, *references);
  if (!compared) return report_error("report", compared.error());
  ReportFlags flags = options.flags;
  flags.ci = options.gates.ci;
  const FormatOptions look{.flags = flags,
                           .color = wants_color(options.output),
                           .detail = verbosity > 0,
                           .what = options.what,
                           .phase = options.phase,
                           .chart = options.chart};
  const auto text = render_report(*data, options.output.format, look);
  if (!text) return report_error("report", text.error());
  const Status written = write_whole(options.output.file, *text);
  if (!written) {
    report_error("report", written.error());
    return kExitInternal;
  }
  return mapped_exit_code(exit_code(*data, flags), options.exit_map);
}

}  // namespace

void add_report(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<ReportOptions>();
  app.add_option("recording", options->recordings,
                 "A recording; several are one run on several hosts")
      ->type_name("FILE")
      ->required();
  app.add_option("-f,--format", options->output.format, "How to say it")
      ->type_name(format_names())
      ->default_str("text");
  add_output_option(app, options->output);
  app.add_option("--what", options->what,
                 "What a pprof or folded profile counts")
      ->type_name(profile_names())
      ->default_str("live");
  app.add_option("--phase", options->phase,
                 "pprof, folded: only what was taken in this phase")
      ->type_name("PATH");
  app.add_option("--chart", options->chart,
                 "svg, png: the chart, by its id in report.json")
      ->type_name("ID");
  add_gate_options(app, options->gates);
  add_baseline_options(app, options->baseline);
  add_exit_map_option(app, options->exit_map);
  add_exit_options(app, options->flags);
  app.footer(
      "Exit codes: 0 no leak, 20 a gate failed, 22 a leak is confirmed, 30 "
      "the\n"
      "command died of a signal, 64 wrong usage, 70 the recording is damaged.\n"
      "With -v: every phase and process.");
  app.callback([options, &context] {
    context.exit_code = report(*options, context.verbosity);
  });
}

}  // namespace tidemark
