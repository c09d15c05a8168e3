// tidemark export: a time range or a run of the service's recording as one
// file.
#include <cstdio>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/recording_export.h"
#include "core/base/text.h"

namespace tidemark {
namespace {

int run_export(const ExportRequest& request) {
  const auto result = export_recording(request);
  if (!result) return report_recording_error("export", result.error());
  std::fprintf(stderr, "%s: %lld ticks, %lld events of %zu parts, %s\n",
               sanitize_terminal(request.output).c_str(),
               static_cast<long long>(result->ticks),
               static_cast<long long>(result->events), result->parts,
               format_bytes(static_cast<double>(result->bytes)).c_str());
  for (const std::string& path : result->damaged) {
    std::fprintf(stderr,
                 "tidemark export: %s: not whole; tidemark verify says more\n",
                 sanitize_terminal(path).c_str());
  }
  return 0;
}

}  // namespace

void add_export(CLI::App& app, CommandContext& context) {
  const auto request = std::make_shared<ExportRequest>();
  request->source = "/var/lib/tidemark";
  app.add_option("source", request->source,
                 "A folder of the service's recordings, or one recording")
      ->type_name("PATH")
      ->default_str("/var/lib/tidemark");
  app.add_option("-o,--output", request->output, "The recording to make")
      ->type_name("FILE")
      ->required();
  auto* from = app.add_option("--from", request->from,
                              "Begin at 2026-11-21T07:00:00Z (UTC), or "
                              "-90m: so long before the end")
                   ->type_name("TIME");
  auto* to = app.add_option("--to", request->to, "End at this time")
                 ->type_name("TIME");
  app.add_option("--run", request->run, "The newest run of this name")
      ->type_name("NAME")
      ->excludes(from)
      ->excludes(to);
  app.add_flag("--without-sites", request->without_sites,
               "Leave out what allocation probes saw: the curves alone");
  app.callback(
      [request, &context] { context.exit_code = run_export(*request); });
}

}  // namespace tidemark
