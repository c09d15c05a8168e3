// A subject: what a value is about. Defined in the recording when it appears,
// defined again (same id) when what is known of it changes: an exec, a role.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/model/metric.h"
#include "core/model/site.h"

namespace tidemark {

struct Subject {
  SubjectId id;
  SubjectKind kind = SubjectKind::system;
  // cpu: "0"; device: "sda"; cgroup: its path; process: comm (raw bytes);
  // client: the name it gave; self: the part's name; site: the path of the
  // phase in which it was born, "" outside phases.
  std::string name;

  // Processes and clients only (a client's key is its process's).
  ProcessKey process;
  Pid parent;
  std::string command;  // argv, NUL-separated, secrets scrubbed, <= 4 KiB
  std::string exe;      // path as in its own mount namespace; may be empty
  std::string cgroup;
  std::string role;      // "" when no rule gave one
  bool watched = false;  // full detail is taken
  bool kernel_thread = false;
  uint32_t exec_epoch = 0;  // execs seen in this life

  // Sites only: one subject per process, kind, stack and cohort.
  SubjectId owner;  // the process
  StackId stack;
  SiteKind site_kind = SiteKind::none;
  // The ordinal, in the recording, of the phase occurrence in which it was
  // born: 1 is the first begun; 0 is before the first, or outside phases.
  uint32_t cohort = 0;

  bool operator==(const Subject&) const = default;
};

}  // namespace tidemark
