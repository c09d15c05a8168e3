#include "daemon/procfs/cgroup_tree.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/os/file.h"

namespace tidemark::procfs {
namespace {

// The path below the mount point; nullopt when it is not mounted there.
std::optional<std::string_view> below(const CgroupMount& mount,
                                      std::string_view path) {
  // A path that leaves our cgroup namespace names nothing here.
  if (path.starts_with("/..")) return std::nullopt;
  if (mount.root == "/") return path;
  if (!path.starts_with(mount.root)) return std::nullopt;
  path.remove_prefix(mount.root.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  return path;
}

}  // namespace

Result<CgroupTree> CgroupTree::from_mountinfo(std::string_view mountinfo) {
  CgroupTree tree;
  TIDEMARK_TRY(tree.mounts_, parse_cgroup_mounts(mountinfo));
  if (tree.mounts_.empty()) {
    return fail(ErrorKind::unsupported, "no cgroup hierarchy is mounted");
  }
  return tree;
}

std::string CgroupTree::level() const {
  std::string v1;
  for (const char* controller : {"memory", "cpu", "cpuacct", "blkio", "pids"}) {
    const CgroupMount* mount = mount_of(controller);
    if (mount == nullptr) continue;
    v1 += v1.empty() ? "" : ", ";
    v1 += controller;
  }
  const bool v2 = mount_of("") != nullptr;
  if (v1.empty()) return v2 ? "v2" : "no controller";
  return "v1 (" + v1 + ")" + (v2 ? " and v2" : "");
}

const CgroupMount* CgroupTree::mount_of(std::string_view controller) const {
  for (const CgroupMount& mount : mounts_) {
    if (controller.empty()
            ? mount.v2
            : std::find(mount.controllers.begin(), mount.controllers.end(),
                        controller) != mount.controllers.end()) {
      return &mount;
    }
  }
  return nullptr;
}

void CgroupTree::read(const CgroupFile& file, std::string_view path,
                      CgroupValues& values) {
  const CgroupMount* mount = mount_of(file.controller);
  if (mount == nullptr || path.size() <= 1) return;
  const auto relative = below(*mount, path);
  if (!relative) return;
  path_ = mount->mount_point;
  path_ += *relative;
  path_ += '/';
  path_ += file.name;
  const auto text = read_file(path_, buffer_, 1u << 20);
  // What cannot be read or parsed is absent.
  if (text) static_cast<void>(parse_cgroup_file(file, *text, values));
}

CgroupValues CgroupTree::read_of_process(std::string_view cgroup_text) {
  CgroupValues values;
  for (const CgroupFile& file : cgroup_files_v2()) {
    read(file, cgroup_path(cgroup_text, ""), values);
  }
  for (const CgroupFile& file : cgroup_files_v1()) {
    read(file, cgroup_path(cgroup_text, file.controller), values);
  }
  return values;
}

CgroupValues CgroupTree::read_path(std::string_view path) {
  CgroupValues values;
  for (const CgroupFile& file : cgroup_files_v2()) read(file, path, values);
  for (const CgroupFile& file : cgroup_files_v1()) read(file, path, values);
  return values;
}

bool CgroupTree::list(size_t limit, std::vector<std::string>& paths) const {
  namespace fs = std::filesystem;
  paths.clear();
  for (const char* controller : {"", "memory"}) {
    const CgroupMount* mount = mount_of(controller);
    if (mount == nullptr) continue;
    std::error_code error;
    fs::recursive_directory_iterator at(
        mount->mount_point, fs::directory_options::skip_permission_denied,
        error);
    const std::string root = mount->root == "/" ? "" : mount->root;
    for (; !error && at != fs::recursive_directory_iterator();
         at.increment(error)) {
      if (!at->is_directory(error) || error) continue;
      if (paths.size() == limit) return false;
      paths.push_back(root +
                      at->path().string().substr(mount->mount_point.size()));
    }
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return true;
}

}  // namespace tidemark::procfs
