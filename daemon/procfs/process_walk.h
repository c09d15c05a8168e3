// Reads /proc/PID/stat of every process: through descriptors kept open from
// scan to scan (half the cost of opening each time), or by path.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/os/unique_fd.h"
#include "daemon/procfs/process_stat.h"

namespace tidemark::procfs {

class ProcessWalk {
 public:
  // `keep_limit`: how many descriptors may stay open; 0 opens by path each
  // time.
  ProcessWalk(std::string proc, size_t keep_limit);

  // Error: the directory cannot be read.
  Status open();
  // Calls fn(const ProcessStat&) for each process; views are valid during the
  // call. Processes that end meanwhile are passed over. Error: /proc itself
  // cannot be read.
  template <typename Fn>
  Status for_each(Fn&& fn) {
    TIDEMARK_CHECK(list());
    for (const Pid pid : pids_) {
      const auto text = read_stat(pid);
      if (!text) continue;
      const auto stat = parse_process_stat(*text);
      if (stat && stat->pid == pid) fn(*stat);
    }
    forget_ended();
    return {};
  }

 private:
  struct Kept {
    UniqueFd fd;
    uint64_t scan = 0;
  };
  Status list();
  Result<std::string_view> read_stat(Pid pid);
  UniqueFd open_stat(Pid pid) const;
  void forget_ended();

  std::string proc_;
  size_t keep_limit_;
  UniqueFd directory_;
  std::vector<char> entries_;
  std::vector<Pid> pids_;
  std::unordered_map<int32_t, Kept> kept_;
  std::string buffer_;
  uint64_t scan_ = 0;
};

// Half of RLIMIT_NOFILE's soft limit, less what the rest of the program needs.
size_t kept_descriptors_limit();

}  // namespace tidemark::procfs
