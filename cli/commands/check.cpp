// tidemark check: holds a recording against gates; the exit code says it.
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/baseline_reference.h"
#include "cli/command.h"
#include "cli/exit_map.h"
#include "cli/gate_arguments.h"
#include "core/base/text.h"
#include "report/baselines/compared_runs.h"
#include "report/baselines/comparison_text.h"
#include "report/gate_lines.h"
#include "report/report.h"
#include "report/sentences.h"

namespace tidemark {
namespace {

struct CheckOptions {
  std::string recording;
  std::string format;
  std::string exit_map;
  BaselineArguments baseline;
  GateArguments gates;
  ReportFlags flags;
};

void print_gates(const ReportData& data) {
  for (const GateResult& gate : data.gates) {
    std::printf("%s %s\n", gate_sign(gate.status),
                sanitize_terminal(gate_line(gate)).c_str());
  }
  const std::string summary = gate_summary(data);
  std::printf("%s%s%s: %s\n", summary.c_str(), summary.empty() ? "" : "\n",
              report_status_name(data.status),
              sanitize_terminal(headline(data)).c_str());
  if (data.compared == nullptr) return;
  std::printf("\n%s", comparison_text(data.compared->comparison, {}).c_str());
}

int check(const CheckOptions& options) {
  LoadOptions load;
  auto gates = load_gates(options.gates);
  if (!gates) return report_error("check", gates.error());
  if (gates->empty() && options.baseline.baseline.empty()) {
    return report_error("check",
                        {ErrorKind::usage, 0,
                         "name gates with --gates or --gate, or a --baseline"});
  }
  load.gates = std::move(*gates);
  auto known = load_suppressions(options.gates);
  if (!known) return report_error("check", known.error());
  load.suppressions = std::move(*known);
  const auto references =
      find_references(options.baseline, load.gates, options.recording);
  if (!references) return report_recording_error("check", references.error());
  use_references(load, options.baseline, *references);
  load.ci = options.gates.ci;
  const FormatEntry* format = find_format(options.format);
  load.timeline = format != nullptr && format->reads == FormatReads::timeline;
  ReportFlags flags = options.flags;
  flags.ci = options.gates.ci;
  auto data = load_report(options.recording, load);
  if (!data) return report_recording_error("check", data.error());
  const Status compared = compare_report(*data, options.baseline, *references);
  if (!compared) return report_error("check", compared.error());
  if (options.format.empty()) {
    print_gates(*data);
  } else {
    const FormatOptions look{.flags = flags};
    const auto text = render_report(*data, options.format, look);
    if (!text) return report_error("check", text.error());
    if (auto written = write_whole("", *text); !written) {
      report_error("check", written.error());
      return kExitInternal;
    }
  }
  return mapped_exit_code(exit_code(*data, flags), options.exit_map);
}

}  // namespace

void add_check(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<CheckOptions>();
  app.add_option("recording", options->recording, "A recording")
      ->type_name("FILE")
      ->required();
  add_gate_options(app, options->gates);
  add_baseline_options(app, options->baseline);
  app.add_option("-f,--format", options->format,
                 "A whole report instead, in a format of tidemark report")
      ->type_name(format_names());
  add_exit_map_option(app, options->exit_map);
  add_exit_options(app, options->flags);
  app.footer(
      "Exit codes: 0 all gates pass, 20 one failed, 21 worse than the "
      "baseline,\n"
      "22 a leak is confirmed, 64 a gate or the usage is wrong. docs/gates.md "
      "has\nthe grammar.");
  app.callback([options, &context] { context.exit_code = check(*options); });
}

}  // namespace tidemark
