// Where cgroups lie in the file system, and reading one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "daemon/procfs/cgroup_paths.h"
#include "daemon/procfs/cgroup_values.h"

namespace tidemark::procfs {

class CgroupTree {
 public:
  // The mounted hierarchies. Error unsupported: none; malformed.
  static Result<CgroupTree> from_mountinfo(std::string_view mountinfo);

  // "v2", "v1 (memory, cpu, pids)", "v1 (memory) and v2".
  std::string level() const;

  // The figures of the cgroup that a process is in, by its /proc/PID/cgroup.
  // A hierarchy in which it is in the root says nothing of it.
  CgroupValues read_of_process(std::string_view cgroup_text);
  // The figures of the cgroup with this path in every hierarchy that has it.
  CgroupValues read_path(std::string_view path);

  // All cgroups below the root, of v2 and of one v1 hierarchy, each path once,
  // at most `limit`. False: there were more.
  bool list(size_t limit, std::vector<std::string>& paths) const;

 private:
  const CgroupMount* mount_of(std::string_view controller) const;
  void read(const CgroupFile& file, std::string_view path,
            CgroupValues& values);

  std::vector<CgroupMount> mounts_;
  std::string path_;
  std::string buffer_;
};

}  // namespace tidemark::procfs
