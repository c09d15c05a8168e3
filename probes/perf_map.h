// Names of generated code: /tmp/perf-PID.map, which runtimes with a compiler of
// their own write (node --perf-basic-prof, python -X perf, perf-map-agent).
// Source: tools/perf/Documentation/jit-interface.txt of the kernel.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

struct PerfMapFile {
  UniqueFd fd;
  std::string path;  // as the process sees it
  uint64_t inode = 0;
};

// The file of a process, in its own mount and pid namespaces. Error not_found:
// it writes none, or the file is neither its user's nor root's.
Result<PerfMapFile> open_perf_map(const std::string& proc, Pid pid);

class PerfMap {
 public:
  // Lines that break the format are left out, as are those beyond our limits.
  static PerfMap parse(std::string_view text);
  // Empty: no code is told there.
  std::string_view name_at(uint64_t address) const;
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    uint64_t begin = 0;
    uint64_t size = 0;
    std::string name;
  };
  std::vector<Entry> entries_;  // by begin; of equal ones the last was newest
};

}  // namespace tidemark
