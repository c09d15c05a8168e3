// Attaches loaded programs to instructions of user programs. The links are made
// with bpf(2) itself: libbpf 1.1 knows neither uprobe.multi nor sessions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

// enum bpf_attach_type (linux/bpf.h since 6.6 and 6.13).
inline constexpr uint32_t kUprobeMulti = 48;
inline constexpr uint32_t kUprobeSession = 57;

struct UprobePoint {
  uint64_t offset = 0;  // in the file
  uint64_t cookie = 0;  // bpf_get_attach_cookie() of a hit
};

// One link for all points of a file, for one process and those that share its
// memory. `type` is the program's expected attach type; `at_return`: when the
// functions return (not for sessions). Error: the system's.
Result<UniqueFd> link_uprobes(int program, uint32_t type,
                              const std::string& path,
                              std::span<const UprobePoint> points, Pid process,
                              bool at_return);

// The same by perf events, for kernels without uprobe.multi: descriptors to
// close, two for each point.
Result<std::vector<UniqueFd>> link_perf_uprobes(
    int program, const std::string& path, std::span<const UprobePoint> points,
    Pid process, bool at_return);

}  // namespace tidemark
