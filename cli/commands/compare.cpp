// tidemark compare: runs held against runs; exit 21 says that one is worse.
#include <cstdio>
#include <memory>
#include <string>

#include "cli/output_arguments.h"
#include "cli/run_sources.h"
#include "core/base/text.h"
#include "report/baselines/comparison_text.h"
#include "report/report.h"

namespace tidemark {
namespace {

struct CompareOptions {
  std::vector<std::string> runs;
  std::string by;
  OutputArguments output;
  std::string fail_on = "minor";
  bool warnings_as_errors = false;
  bool cross_testbed = false;
  ComparisonLook look;
  StoreArguments store;
};

struct Sides {
  std::vector<std::string> before, after;
};

// A B, or A... vs B...
Result<Sides> split(const std::vector<std::string>& words) {
  Sides sides;
  const auto vs = std::ranges::find(words, "vs");
  if (vs == words.end() && words.size() == 2) {
    sides.before = {words[0]};
    sides.after = {words[1]};
    return sides;
  }
  sides.before.assign(words.begin(), vs);
  if (vs != words.end()) sides.after.assign(vs + 1, words.end());
  if (sides.before.empty() || sides.after.empty()) {
    return fail(ErrorKind::usage,
                "name two sides: tidemark compare A B, or A1 A2 A3 vs B1 B2 "
                "B3, or --by KEY and runs that have it");
  }
  return sides;
}

struct Group {
  std::string value;
  std::vector<Baseline> runs;
};

// Runs by what they have of `key`; in the order of their first run.
Result<std::vector<Group>> group_by(const std::string& key,
                                    std::vector<Baseline> runs) {
  std::vector<Group> groups;
  for (Baseline& run : runs) {
    const auto value = run.attribute(key);
    if (!value) {
      return fail(ErrorKind::usage,
                  "run " + run.run.substr(0, 8) + " of " + run.scenario +
                      " has no '" + key +
                      "': give it with baseline save --attribute " + key +
                      "=VALUE");
    }
    auto group = std::ranges::find(groups, *value, &Group::value);
    if (group == groups.end()) {
      groups.push_back({*value, {}});
      group = groups.end() - 1;
    }
    group->runs.push_back(std::move(run));
  }
  if (groups.size() < 2) {
    return fail(ErrorKind::usage, "all runs have the same '" + key + "', '" +
                                      (groups.empty() ? "" : groups[0].value) +
                                      "'");
  }
  return groups;
}

Severity severity_named(const std::string& name) {
  for (const Severity severity : {Severity::slight, Severity::minor,
                                  Severity::major, Severity::critical}) {
    if (name == severity_name(severity)) return severity;
  }
  return Severity::none;
}

class CompareCommand {
 public:
  explicit CompareCommand(const CompareOptions& options) : options_(options) {}
  Result<int> run();

 private:
  Status compare_sides();
  Status compare_groups();
  Status compare(std::span<const Baseline> before,
                 std::span<const Baseline> after,
                 std::span<const Baseline> history);

  const CompareOptions& options_;
  std::string out_;
  int code_ = 0;
};

Status CompareCommand::compare(std::span<const Baseline> before,
                               std::span<const Baseline> after,
                               std::span<const Baseline> history) {
  ComparisonOptions how;
  how.allow_cross_testbed = options_.cross_testbed;
  TIDEMARK_TRY(const Comparison comparison,
               compare_runs(before, after, how, history));
  out_ += options_.output.format == "json"
              ? comparison_json(comparison)
              : comparison_text(comparison, options_.look);
  code_ = std::max(
      code_, comparison_exit_code(comparison, severity_named(options_.fail_on),
                                  options_.warnings_as_errors));
  return {};
}

Status CompareCommand::compare_sides() {
  TIDEMARK_TRY(const Sides sides, split(options_.runs));
  TIDEMARK_TRY(const NamedRuns after, find_runs(sides.after, options_.store));
  const Testbed testbed =
      after.runs.empty() ? Testbed() : after.runs.front().testbed;
  TIDEMARK_TRY(const NamedRuns before,
               find_runs(sides.before, options_.store, testbed));
  return compare(before.runs, after.runs, before.history);
}

// The first group is what the others are held against.
Status CompareCommand::compare_groups() {
  TIDEMARK_TRY(NamedRuns all, find_runs(options_.runs, options_.store));
  TIDEMARK_TRY(const std::vector<Group> groups,
               group_by(options_.by, std::move(all.runs)));
  const bool is_json = options_.output.format == "json";
  if (is_json) out_ += "[\n";
  for (size_t i = 1; i < groups.size(); ++i) {
    if (i > 1) out_ += is_json ? ",\n" : "\n";
    if (!is_json) {
      out_ += sanitize_terminal(options_.by + " " + groups[i].value +
                                " against " + groups[0].value) +
              "\n";
    }
    TIDEMARK_CHECK(compare(groups[0].runs, groups[i].runs, {}));
  }
  if (is_json) out_ += "]\n";
  return {};
}

Result<int> CompareCommand::run() {
  TIDEMARK_CHECK(options_.by.empty() ? compare_sides() : compare_groups());
  TIDEMARK_CHECK(write_whole(options_.output.file, out_));
  return code_;
}

}  // namespace

void add_compare(CLI::App& app, CommandContext& context) {
  const auto options = std::make_shared<CompareOptions>();
  app.add_option("runs", options->runs,
                 "A B, or A1 A2 A3 vs B1 B2 B3: recordings, baselines, folders "
                 "of them, or scenarios of the store")
      ->type_name("RUN")
      ->required();
  app.add_option("--by", options->by,
                 "Group the runs by this: commit, branch, an attribute")
      ->type_name("KEY");
  add_text_or_json_options(app, options->output);
  app.add_flag("--all", options->look.all, "Figures that did not change, too");
  app.add_flag("--noise", options->look.noise, "The noise of each figure");
  app.add_option("--fail-on", options->fail_on, "Exit 21 from this severity on")
      ->type_name("slight|minor|major|critical|none")
      ->check(CLI::IsMember({"slight", "minor", "major", "critical", "none"}))
      ->default_str("minor");
  app.add_flag("--allow-cross-testbed", options->cross_testbed,
               "Compare runs of different hosts; then all is a warning");
  app.add_flag("--warnings-as-errors", options->warnings_as_errors,
               "Exit 10 when something seems worse");
  add_store_options(app, options->store);
  app.footer(
      "Runs are the unit: with fewer than 5 a side a difference only warns.\n"
      "Exit codes: 0 no regression, 21 a regression (minor from 10 %, major\n"
      "from 25 %, critical above 50 %, at the near end of the interval), 64\n"
      "wrong usage. docs/baselines.md says how it is judged.");
  app.callback([options, &context] {
    options->look.color = wants_color(options->output);
    const auto code = CompareCommand(*options).run();
    context.exit_code =
        code ? *code : report_recording_error("compare", code.error());
  });
}

}  // namespace tidemark
