// Loads probes, each alone: one that fails says why and what would help, and
// the others go on without it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace tidemark {

struct ProbeEntry {
  std::string_view name;
  std::string_view hook;
  std::string_view help;
  // Loads and attaches it for real, then takes it away. Error as below.
  Status (*check)();
};

// All of probes.def.
std::span<const ProbeEntry> all_probes();

// What libbpf and the verifier say while one lives, kept for the error.
class ProbeLog {
 public:
  ProbeLog();
  ~ProbeLog();
  ProbeLog(const ProbeLog&) = delete;
  ProbeLog& operator=(const ProbeLog&) = delete;
  // The last line that says anything; empty when nothing was said.
  std::string reason() const;

 private:
  std::string text_;  // the newest 4 KiB
  std::string* outer_;
};

// The error of a failed step ("loading", "attaching"): the system's words, the
// cause as far as it can be told, and the remedy. `error` is an errno.
std::unexpected<Error> probe_failed(std::string_view probe,
                                    std::string_view step, int error,
                                    const ProbeLog& log);

// The inode of our pid namespace, or 0 when it is the initial one: processes
// are numbered in it as /proc numbers them for us.
unsigned int own_pid_namespace();

}  // namespace tidemark
