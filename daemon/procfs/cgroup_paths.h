// Which cgroups a process is in (/proc/PID/cgroup, cgroups(7)) and where the
// hierarchies are mounted (/proc/PID/mountinfo, proc(5)).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace tidemark::procfs {

// One line of /proc/PID/cgroup; views into the text.
struct CgroupLine {
  std::string_view controllers;  // v1: "cpu,cpuacct" or "name=systemd"; v2: ""
  std::string_view path;         // "/" or "/system.slice/x.service"
  bool v2 = false;
};

// The next line of the text at `rest`, which it moves on; nullopt at the end.
// Lines that are none are passed over.
std::optional<CgroupLine> next_cgroup_line(std::string_view& rest);

// The path to name a process's cgroup by: v2's when it is not the root, else
// the first of memory, pids, cpuacct, cpu, name=systemd whose path is not the
// root, else "/"; empty when the text has no line at all.
std::string_view main_cgroup(std::string_view text);
// The path of v2, or of the v1 hierarchy that has `controller`; empty: none.
std::string_view cgroup_path(std::string_view text,
                             std::string_view controller);

// A mounted cgroup hierarchy.
struct CgroupMount {
  std::string mount_point;
  std::string root;  // the part of the hierarchy that is mounted there
  bool v2 = false;
  std::vector<std::string> controllers;  // v1 only
};
// Error malformed: a line without the " - " that separates its halves.
Result<std::vector<CgroupMount>> parse_cgroup_mounts(std::string_view text);

// mountinfo writes blanks and backslashes as \040 and the like.
std::string unescape_mount(std::string_view text);

}  // namespace tidemark::procfs
