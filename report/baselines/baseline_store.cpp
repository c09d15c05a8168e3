#include "report/baselines/baseline_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <filesystem>

#include "core/os/file.h"
#include "report/baselines/baseline_json.h"
#include "report/report.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestFile = 4u << 20;
constexpr size_t kReferenceRuns = 20;
constexpr size_t kMostFiles = 20'000;

// Letters, digits, '_', '-', and single dots, but none in front.
std::string file_name(const std::string& text, const char* otherwise) {
  constexpr size_t kLongest = 64;
  std::string name;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        std::isalnum(byte) != 0 || c == '.' || c == '_' || c == '-';
    const bool climbs = c == '.' && (name.empty() || name.back() == '.');
    name += plain && !climbs ? c : '-';
  }
  name.resize(std::min(name.size(), kLongest));
  if (name.empty()) return otherwise;
  return name;
}

std::string stamp(int64_t unix_ns) {
  const std::time_t seconds = unix_ns / 1'000'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

std::string without_facts(const Testbed& testbed) {
  return testbed.empty() ? "unknown" : testbed_fingerprint(testbed);
}

Result<std::vector<std::string>> files_below(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  if (!fs::exists(folder, error)) return paths;
  fs::recursive_directory_iterator at(
      folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (at->path().extension() != ".json") continue;
    paths.push_back(at->path().string());
    if (paths.size() > kMostFiles) {
      return fail(ErrorKind::full,
                  folder + ": too many baselines; tidemark baseline prune");
    }
  }
  if (error) return fail_errno(folder, error.value());
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

std::string baseline_path(const Baseline& b) {
  return fmt::format("{}/{}/{}/{}_{}_{}.json", file_name(b.scenario, "run"),
                     without_facts(b.testbed), file_name(b.branch, "unknown"),
                     stamp(b.begin_ns),
                     file_name(b.commit.substr(0, 12), "unknown"),
                     file_name(b.run.substr(0, 8), "imported"));
}

Result<Baseline> read_baseline(const std::string& path) {
  std::string buffer;
  const auto text = read_file(path, buffer, kLargestFile);
  if (!text) return std::unexpected(text.error());
  auto baseline = baseline_from_json(*text);
  if (baseline) return std::move(*baseline);
  Error error = std::move(baseline.error());
  error.what += "; restore the file, or save the run again";
  return raise(std::move(error), path);
}

Result<BaselineFolder> read_baselines(const std::string& folder) {
  TIDEMARK_TRY(const auto paths, files_below(folder));
  BaselineFolder found;
  for (const std::string& path : paths) {
    auto baseline = read_baseline(path);
    if (baseline) {
      found.all.push_back({path, std::move(*baseline)});
    } else {
      found.unreadable.push_back(std::move(baseline.error()));
    }
  }
  std::ranges::stable_sort(found.all, {}, [](const StoredBaseline& each) {
    return each.baseline.begin_ns;
  });
  return found;
}

Result<std::string> save_baseline(const std::string& folder,
                                  const Baseline& baseline) {
  const std::string path =
      (fs::path(folder) / baseline_path(baseline)).string();
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) {
    return fail_errno(fs::path(path).parent_path().string(), error.value());
  }
  TIDEMARK_CHECK(write_whole(path, baseline_to_json(baseline)));
  return path;
}

std::vector<StoredBaseline> baselines_of(const BaselineFolder& folder,
                                         const std::string& scenario,
                                         const std::string& branch) {
  std::vector<StoredBaseline> kept;
  for (const StoredBaseline& each : folder.all) {
    const bool same_branch = branch.empty() || each.baseline.branch == branch;
    const bool is_named = each.baseline.name == scenario;
    if ((each.baseline.scenario == scenario || is_named) && same_branch) {
      kept.push_back(each);
    }
  }
  return kept;
}

std::vector<Baseline> reference_runs(const std::vector<StoredBaseline>& history,
                                     const Testbed& testbed) {
  std::vector<Baseline> runs, others;
  for (const StoredBaseline& each : history) {
    const Baseline& baseline = each.baseline;
    if (!baseline.level.empty()) {
      runs.clear();
      others.clear();
    }
    const bool same = testbed_differences(baseline.testbed, testbed).empty();
    (same ? runs : others).push_back(baseline);
  }
  std::vector<Baseline>& chosen = runs.empty() ? others : runs;
  if (chosen.size() > kReferenceRuns) {
    chosen.erase(chosen.begin(), chosen.end() - kReferenceRuns);
  }
  return std::move(chosen);
}

}  // namespace tidemark
