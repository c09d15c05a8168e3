// tidemark trend: how the kept runs of a scenario went.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/output_arguments.h"
#include "cli/run_sources.h"
#include "core/base/text.h"
#include "report/baselines/trend_text.h"
#include "report/report.h"

namespace tidemark {
namespace {

struct TrendOptions {
  std::string scenario;
  double days = 30;
  bool all = false;
  OutputArguments output;
  StoreArguments store;
};

// The only scenario of the store, when none was named.
Result<std::string> scenario_of(const TrendOptions& options,
                                const BaselineFolder& folder) {
  if (!options.scenario.empty()) return options.scenario;
  if (folder.all.empty()) {
    return fail(ErrorKind::not_found,
                options.store.folder +
                    " holds no baseline; tidemark baseline save makes one");
  }
  const std::string& first = folder.all.front().baseline.scenario;
  for (const StoredBaseline& each : folder.all) {
    if (each.baseline.scenario != first) {
      return fail(ErrorKind::usage, "name a scenario: the store has '" + first +
                                        "', '" + each.baseline.scenario +
                                        "', …");
    }
  }
  return first;
}

Result<std::vector<Baseline>> runs_of(const TrendOptions& options) {
  TIDEMARK_TRY(const auto folder, open_store("trend", options.store));
  TIDEMARK_TRY(const std::string scenario, scenario_of(options, folder));
  const auto stored = baselines_of(folder, scenario, options.store.branch);
  if (stored.empty()) {
    return std::unexpected(find_runs({scenario}, options.store).error());
  }
  // Of the testbed of the newest: figures of others are no trend.
  const Testbed& testbed = stored.back().baseline.testbed;
  std::vector<Baseline> runs;
  for (const StoredBaseline& each : stored) {
    if (testbed_differences(each.baseline.testbed, testbed).empty()) {
      runs.push_back(each.baseline);
    }
  }
  return last_days(runs, options.days);
}

Status trend(const TrendOptions& options) {
  TIDEMARK_TRY(const std::vector<Baseline> runs, runs_of(options));
  if (runs.size() < 2) {
    return fail(ErrorKind::usage,
                fmt::format("one run in {:g} days on this testbed: a trend "
                            "needs two, and {} to see a level change",
                            options.days, 2 * kLeastLevel));
  }
  const auto trends = trends_of(runs);
  const std::string text = options.output.format == "json"
                               ? trend_json(runs, trends)
                               : trend_text(runs, trends, options.all);
  return write_whole(options.output.file, text);
}

}  // namespace

void add_trend(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<TrendOptions>();
  app.add_option("scenario", options->scenario,
                 "Whose baselines (may be left out when there is one)")
      ->type_name("NAME");
  app.add_option("--days", options->days, "How far back from the newest run")
      ->type_name("N")
      ->check(CLI::Range(0.01, 36'500.0))
      ->default_str("30");
  app.add_flag("--all", options->all, "Figures that did not change, too");
  add_text_or_json_options(app, options->output);
  add_store_options(app, options->store);
  app.callback([options, &context] {
    const Status done = trend(*options);
    if (!done) context.exit_code = report_error("trend", done.error());
  });
}

}  // namespace tidemark
