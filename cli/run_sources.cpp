#include "cli/run_sources.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "core/base/text.h"
#include "report/report.h"
#include "report/survey.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

Result<Baseline> read_run(const std::string& path) {
  if (fs::path(path).extension() == ".json") return read_baseline(path);
  LoadOptions load;
  load.timeline = false;
  load.figures = true;
  auto data = load_report(path, load);
  if (!data) {
    Error error = std::move(data.error());
    error.kind = ErrorKind::usage;
    return std::unexpected(std::move(error));
  }
  return *data->figures;
}

Result<std::vector<Baseline>> read_folder(const std::string& path) {
  std::vector<Baseline> runs;
  TIDEMARK_TRY(const BaselineFolder folder, read_baselines(path));
  for (const StoredBaseline& each : folder.all) runs.push_back(each.baseline);
  if (!folder.unreadable.empty()) {
    return std::unexpected(folder.unreadable.front());
  }
  if (!runs.empty()) return runs;
  TIDEMARK_TRY(const auto recordings, recordings_in(path));
  for (const std::string& recording : recordings) {
    TIDEMARK_TRY(auto run, read_run(recording));
    runs.push_back(std::move(run));
  }
  if (runs.empty()) {
    return fail(ErrorKind::usage, path + ": holds no recording, no baseline");
  }
  return runs;
}

Error unknown_scenario(const std::string& name, const BaselineFolder& folder,
                       const StoreArguments& store) {
  std::set<std::string_view> scenarios;
  for (const StoredBaseline& each : folder.all) {
    scenarios.insert(each.baseline.scenario);
  }
  const std::vector<std::string_view> known(scenarios.begin(), scenarios.end());
  std::string what = "neither a file nor a scenario of " + store.folder + ": ";
  if (known.empty()) {
    what = "'" + name + "' is no file, and " + store.folder +
           " holds no baseline; tidemark baseline save makes one";
  } else {
    what += unknown_message("scenario", name, known);
  }
  return {ErrorKind::not_found, 0, std::move(what)};
}

}  // namespace

void add_store_option(CLI::App& app, std::string& folder) {
  app.add_option("--store", folder, "The folder of the baselines")
      ->type_name("DIR")
      ->envname("TIDEMARK_BASELINES")
      ->default_str("baselines");
}

void add_store_options(CLI::App& app, StoreArguments& arguments) {
  add_store_option(app, arguments.folder);
  app.add_option("--branch", arguments.branch, "Baselines of this branch only")
      ->type_name("NAME");
}

Result<BaselineFolder> open_store(std::string_view command,
                                  const StoreArguments& store) {
  auto folder = read_baselines(store.folder);
  if (!folder) return folder;
  for (const Error& error : folder->unreadable) report_error(command, error);
  return folder;
}

Result<NamedRuns> find_runs(const std::vector<std::string>& names,
                            const StoreArguments& store,
                            const Testbed& testbed) {
  NamedRuns found;
  for (const std::string& name : names) {
    found.name += (found.name.empty() ? "" : " ") + name;
    std::error_code error;
    std::vector<Baseline> more;
    if (fs::is_directory(name, error)) {
      TIDEMARK_TRY(more, read_folder(name));
    } else if (fs::exists(name, error)) {
      TIDEMARK_TRY(auto run, read_run(name));
      more.push_back(std::move(run));
    } else {
      TIDEMARK_TRY(const BaselineFolder folder, read_baselines(store.folder));
      const auto stored = baselines_of(folder, name, store.branch);
      if (stored.empty()) {
        return std::unexpected(unknown_scenario(name, folder, store));
      }
      more = reference_runs(stored, testbed);
      for (const StoredBaseline& each : stored) {
        if (testbed_differences(each.baseline.testbed, testbed).empty()) {
          found.history.push_back(each.baseline);
        }
      }
    }
    std::ranges::move(more, std::back_inserter(found.runs));
  }
  std::ranges::stable_sort(found.runs, {}, &Baseline::begin_ns);
  return found;
}

}  // namespace tidemark
