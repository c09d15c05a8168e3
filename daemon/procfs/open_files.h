// What a process's descriptors are: the links in /proc/PID/fd (proc(5)).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.h"
#include "daemon/procfs/process_directory.h"

namespace tidemark::procfs {

struct OpenFiles {
  int64_t sockets = 0;
  int64_t pipes = 0;
  int64_t files = 0;  // anything with a path, devices too
  int64_t other = 0;  // eventfd, epoll, timerfd, inotify, memfd, ...
  int64_t inotify_watches = 0;
  bool complete = true;  // false: there were more than `limit`
};

enum class OpenFileKind { socket, pipe, file, inotify, other };
// By the target of the link: "socket:[123]", "anon_inode:inotify", a path.
OpenFileKind open_file_kind(std::string_view target);

// Lists a process's descriptors; about 2 us each. Error: permission (another
// user's process), gone.
Result<OpenFiles> read_open_files(const ProcessDirectory& process,
                                  int64_t limit);

// The "inotify " lines of a text of /proc/PID/fdinfo/FD.
int64_t count_inotify_watches(std::string_view fdinfo);

}  // namespace tidemark::procfs
