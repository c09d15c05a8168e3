#include "cli/source_version.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/os/file.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBranches[] = {"GITHUB_HEAD_REF", "GITHUB_REF_NAME",
                                     "CI_COMMIT_REF_NAME", "BRANCH_NAME"};
constexpr const char* kCommits[] = {"GITHUB_SHA", "CI_COMMIT_SHA",
                                    "GIT_COMMIT"};

// A file without its last line end; "" when it cannot be read.
std::string line_of(const fs::path& path) {
  std::string buffer;
  const auto text = read_file(path.string(), buffer, 1u << 20);
  if (!text) return "";
  std::string line(*text);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
    line.pop_back();
  }
  return line;
}

// gitrepository-layout(5): a folder, or in a work tree a file naming it.
std::optional<fs::path> git_folder(fs::path at) {
  std::error_code error;
  at = fs::absolute(at, error);
  for (; !at.empty(); at = at.parent_path()) {
    const fs::path git = at / ".git";
    if (fs::is_directory(git, error)) return git;
    const std::string link = line_of(git);
    if (link.starts_with("gitdir: ")) return at / link.substr(8);
    if (at == at.root_path()) break;
  }
  return std::nullopt;
}

std::string packed(const fs::path& folder, const std::string& reference) {
  std::string buffer;
  const auto text = read_file((folder / "packed-refs").string(), buffer);
  if (!text) return "";
  const size_t at = text->find(" " + reference + "\n");
  if (at == text->npos) return "";
  const size_t begin = text->rfind('\n', at);
  const size_t from = begin == text->npos ? 0 : begin + 1;
  return std::string(text->substr(from, at - from));
}

std::string commit_of(const fs::path& git, const std::string& reference) {
  std::vector<fs::path> folders = {git};
  const std::string shared = line_of(git / "commondir");
  if (!shared.empty()) folders.push_back(git / shared);
  for (const fs::path& folder : folders) {
    std::string commit = line_of(folder / reference);
    if (commit.empty()) commit = packed(folder, reference);
    if (!commit.empty()) return commit;
  }
  return "";
}

SourceVersion from_git(const std::string& folder) {
  SourceVersion version;
  const auto git = git_folder(folder);
  if (!git) return version;
  const std::string head = line_of(*git / "HEAD");
  constexpr std::string_view kReference = "ref: ", kHeads = "refs/heads/";
  if (!head.starts_with(kReference)) {
    version.commit = head;
    return version;
  }
  const std::string reference = head.substr(kReference.size());
  version.branch = reference.starts_with(kHeads)
                       ? reference.substr(kHeads.size())
                       : reference;
  version.commit = commit_of(*git, reference);
  return version;
}

}  // namespace

SourceVersion source_version(
    const std::string& folder,
    const std::function<const char*(const char*)>& environment) {
  SourceVersion version = from_git(folder);
  const auto take = [&](const auto& names, std::string& value) {
    for (const char* name : names) {
      const char* told = environment(name);
      if (told == nullptr || *told == '\0') continue;
      value = told;
      return;
    }
  };
  take(kBranches, version.branch);
  take(kCommits, version.commit);
  constexpr size_t kShort = 12;
  version.commit.resize(std::min(version.commit.size(), kShort));
  return version;
}

}  // namespace tidemark
