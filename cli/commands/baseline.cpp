// tidemark baseline: the accepted runs, kept to compare with.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "cli/baseline_views.h"
#include "cli/run_sources.h"
#include "cli/source_version.h"
#include "core/base/text.h"
#include "report/baselines/baseline_json.h"
#include "report/report.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

struct SaveArguments {
  std::vector<std::string> runs;
  std::string scenario, name, branch, commit;
  std::vector<std::string> attributes;
  bool force = false;
  std::string store = "baselines";
};

struct PickArguments {
  StoreArguments store;
  std::string what;
  std::string reason;
  size_t keep = 50;
  bool dry_run = false;
  bool json = false;
};

// A run that must not become what others are held against.
Status check_acceptable(const Baseline& run, const std::string& path) {
  const auto refuse = [&path](const std::string& why) {
    return fail(ErrorKind::usage,
                path + ": " + why + "; --force keeps it all the same");
  };
  if (!run.aborted.empty()) {
    return refuse("the run was ended early: " + run.aborted);
  }
  if (run.verdict == "fail") {
    return refuse("the run failed: a leak is confirmed in it");
  }
  constexpr double kLeastCoverage = 0.9;
  if (run.coverage < kLeastCoverage) {
    return refuse("a tenth or more of its readings is missing");
  }
  return {};
}

bool is_empty(const Baseline& run) {
  return std::ranges::all_of(run.phases, [](const BaselinePhase& phase) {
    return phase.series.empty();
  });
}

Status add_attributes(Baseline& run, const std::vector<std::string>& pairs) {
  for (const std::string& pair : pairs) {
    const size_t at = pair.find('=');
    if (at == std::string::npos || at == 0) {
      return fail(ErrorKind::usage,
                  "--attribute '" + pair + "': write KEY=VALUE");
    }
    run.attributes[pair.substr(0, at)] = pair.substr(at + 1);
  }
  return {};
}

Result<std::string> save_one(const SaveArguments& arguments,
                             const std::string& path) {
  StoreArguments store;
  store.folder = arguments.store;
  TIDEMARK_TRY(NamedRuns found, find_runs({path}, store));
  if (found.runs.size() != 1) {
    return fail(ErrorKind::usage, path + ": name one recording or baseline");
  }
  Baseline& run = found.runs.front();
  if (is_empty(run)) {
    return fail(ErrorKind::usage,
                path + ": no phase of it holds a reading of a watched process");
  }
  if (!arguments.force) TIDEMARK_CHECK(check_acceptable(run, path));
  const SourceVersion version =
      source_version(".", [](const char* name) { return std::getenv(name); });
  const auto choose = [](std::string& field, const std::string& told,
                         const std::string& known) {
    if (!told.empty()) {
      field = told;
    } else if (!known.empty() && field == "unknown") {
      field = known;
    }
    if (field.empty()) field = "unknown";
  };
  choose(run.branch, arguments.branch, version.branch);
  choose(run.commit, arguments.commit, version.commit);
  if (!arguments.scenario.empty()) run.scenario = arguments.scenario;
  run.name = arguments.name.empty() ? run.name : arguments.name;
  TIDEMARK_CHECK(add_attributes(run, arguments.attributes));
  return save_baseline(arguments.store, run);
}

int save(const SaveArguments& arguments) {
  for (const std::string& run : arguments.runs) {
    const auto path = save_one(arguments, run);
    if (!path) return report_recording_error("baseline save", path.error());
    std::printf("%s\n", sanitize_terminal(*path).c_str());
  }
  return 0;
}

void add_save(CLI::App& parent, CommandContext& context) {
  CLI::App& app = *parent.add_subcommand("save", "Keep a run's figures");
  const auto arguments = std::make_shared<SaveArguments>();
  app.add_option("run", arguments->runs,
                 "Recordings; or baselines of a Python framework, as JSON")
      ->type_name("FILE")
      ->required();
  app.add_option("--scenario", arguments->scenario,
                 "What is tested (default: the run's name)")
      ->type_name("NAME");
  app.add_option("--name", arguments->name, "A name for this baseline")
      ->type_name("NAME");
  app.add_option("--branch", arguments->branch,
                 "Of the source (default: what CI or git says)")
      ->type_name("NAME");
  app.add_option("--commit", arguments->commit, "The same")->type_name("ID");
  app.add_option("--attribute", arguments->attributes,
                 "KEY=VALUE, to group runs by")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  app.add_flag("--force", arguments->force,
               "Also a run that failed or was ended early");
  add_store_option(app, arguments->store);
  app.callback([arguments, &context] { context.exit_code = save(*arguments); });
}

// The stored baselines that a word means: a scenario, a name, a file.
Result<std::vector<StoredBaseline>> pick(const PickArguments& arguments,
                                         const char* command) {
  std::error_code error;
  if (fs::is_regular_file(arguments.what, error)) {
    TIDEMARK_TRY(auto baseline, read_baseline(arguments.what));
    return std::vector{StoredBaseline{arguments.what, std::move(baseline)}};
  }
  TIDEMARK_TRY(auto folder, open_store(command, arguments.store));
  if (arguments.what.empty()) return std::move(folder.all);
  auto stored = baselines_of(folder, arguments.what, arguments.store.branch);
  if (!stored.empty()) return stored;
  const auto runs = find_runs({arguments.what}, arguments.store);
  if (!runs) return std::unexpected(runs.error());
  return fail(ErrorKind::not_found, arguments.what + ": no baseline");
}

int list(const PickArguments& arguments) {
  const auto stored = pick(arguments, "baseline list");
  if (!stored) return report_error("baseline list", stored.error());
  if (stored->empty()) {
    std::printf("No baseline in %s; tidemark baseline save makes one.\n",
                sanitize_terminal(arguments.store.folder).c_str());
  } else {
    std::fputs(baseline_list_text(*stored).c_str(), stdout);
  }
  return 0;
}

int show(const PickArguments& arguments) {
  const auto stored = pick(arguments, "baseline show");
  if (!stored) return report_error("baseline show", stored.error());
  if (arguments.json) {
    std::fputs(baseline_to_json(stored->back().baseline).c_str(), stdout);
  } else {
    std::fputs(baseline_show_text(*stored).c_str(), stdout);
  }
  return 0;
}

// A new level: what came before is history, and compared with no more.
int promote(const PickArguments& arguments) {
  const auto stored = pick(arguments, "baseline promote");
  if (!stored) return report_error("baseline promote", stored.error());
  StoredBaseline newest = stored->back();
  newest.baseline.level = arguments.reason;
  const Status written =
      write_whole(newest.path, baseline_to_json(newest.baseline));
  if (!written) return report_error("baseline promote", written.error());
  std::printf("%s: a new level: %s\n", sanitize_terminal(newest.path).c_str(),
              sanitize_terminal(arguments.reason).c_str());
  return 0;
}

// Of each scenario, testbed and branch the newest stay, and each level's
// first.
int prune(const PickArguments& arguments) {
  const auto stored = pick(arguments, "baseline prune");
  if (!stored) return report_error("baseline prune", stored.error());
  std::map<std::string, size_t> kept;
  for (auto each = stored->rbegin(); each != stored->rend(); ++each) {
    const std::string place = fs::path(each->path).parent_path().string();
    const bool is_new = ++kept[place] <= arguments.keep;
    if (is_new || !each->baseline.level.empty()) continue;
    if (!arguments.dry_run && ::unlink(each->path.c_str()) != 0) {
      return report_error("baseline prune",
                          fail_errno(each->path, errno).error());
    }
    std::printf("%s %s\n", arguments.dry_run ? "would remove" : "removed",
                sanitize_terminal(each->path).c_str());
  }
  return 0;
}

CLI::App& add_verb(CLI::App& parent, CommandContext& context, const char* name,
                   const char* help,
                   const std::shared_ptr<PickArguments>& arguments,
                   int (*act)(const PickArguments&)) {
  CLI::App& app = *parent.add_subcommand(name, help);
  add_store_options(app, arguments->store);
  app.callback(
      [arguments, act, &context] { context.exit_code = act(*arguments); });
  return app;
}

CLI::Option* add_what(CLI::App& app, PickArguments& arguments) {
  return app
      .add_option("what", arguments.what,
                  "A scenario, a baseline's name, or its file")
      ->type_name("NAME");
}

}  // namespace

void add_baseline(CLI::App& app, CommandContext& context) {
  app.require_subcommand(1);
  add_save(app, context);
  auto arguments = std::make_shared<PickArguments>();
  add_what(add_verb(app, context, "list", "List the baselines of the store",
                    arguments, list),
           *arguments);
  arguments = std::make_shared<PickArguments>();
  CLI::App& shown =
      add_verb(app, context, "show",
               "Figures, their noise, and gates they suggest", arguments, show);
  add_what(shown, *arguments)->required();
  shown.add_flag("--json", arguments->json, "The newest one's file");
  arguments = std::make_shared<PickArguments>();
  CLI::App& promoted = add_verb(
      app, context, "promote", "Accept a new level: compare with nothing older",
      arguments, promote);
  add_what(promoted, *arguments)->required();
  promoted.add_option("--reason", arguments->reason, "Why the level is right")
      ->type_name("TEXT")
      ->required();
  arguments = std::make_shared<PickArguments>();
  CLI::App& pruned = add_verb(app, context, "prune", "Remove the oldest ones",
                              arguments, prune);
  add_what(pruned, *arguments);
  pruned
      .add_option("--keep", arguments->keep,
                  "Of each scenario, testbed and branch")
      ->type_name("N")
      ->check(CLI::Range(size_t{1}, size_t{100'000}))
      ->default_str("50");
  pruned.add_flag("--dry-run", arguments->dry_run, "Only say what would go");
  app.footer(
      "tidemark compare holds runs against them; docs/baselines.md says what "
      "a\nbaseline keeps and how the folder is laid out.");
}

}  // namespace tidemark
