// /proc/PID held open: what is read through it is of that one process, even
// when it ends and its pid is given to another meanwhile.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark::procfs {

class ProcessDirectory {
 public:
  // Opens it and checks that it is this life. Error: gone (another has the
  // pid), not_found, permission. `proc` is at most kLongestRoot bytes.
  static Result<ProcessDirectory> open(std::string_view proc, ProcessKey key);
  static constexpr size_t kLongestRoot = 400;

  int fd() const { return fd_.get(); }
  UniqueFd release() && { return std::move(fd_); }
  // Opens a file in it for reading.
  Result<UniqueFd> open_file(const char* name) const;
  // The whole of a file in it, in `buffer`; more than `limit` is error full.
  Result<std::string_view> read(const char* name, std::string& buffer,
                                size_t limit) const;
  // The target of a link in it; empty when it cannot be read.
  std::string link(const char* name) const;

 private:
  explicit ProcessDirectory(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace tidemark::procfs
