// How many descriptors a process has open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tidemark::procfs {

// Since 6.2 the size of /proc/PID/fd is the count (kernel fs/proc/fd.c);
// before, the folder is listed.
class DescriptorCount {
 public:
  // Asks our own process which of the two it is, in a /proc mounted at `proc`.
  explicit DescriptorCount(const std::string& proc);

  bool by_size() const { return by_size_; }
  // Of the process whose /proc/PID this descriptor is; none: gone, or refused.
  std::optional<int64_t> of(int process) const;

 private:
  bool by_size_ = false;
};

}  // namespace tidemark::procfs
