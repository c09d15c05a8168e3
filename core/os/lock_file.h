// One process at a time: a lock that ends with its holder, however that ends.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

class LockFile {
 public:
  LockFile() = default;  // holds nothing

  // Creates `path` (mode 0644, our pid in it) and locks it by flock(2). Errors:
  // `full` when another process holds it, naming its pid; else the system's.
  // The file stays when the lock is given up: removing it would let two
  // processes hold two files of one name.
  static Result<LockFile> take(const std::string& path);

 private:
  explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace tidemark
