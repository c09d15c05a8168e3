// A file of /proc, /sys or a cgroup that is read again and again through one
// descriptor and one buffer.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/os/file.h"
#include "core/os/unique_fd.h"

namespace tidemark::procfs {

class KeptFile {
 public:
  // Error: as open_read.
  Status open(const std::string& path) {
    TIDEMARK_TRY(fd_, open_read(path));
    path_ = path;
    return {};
  }
  bool is_open() const { return fd_.valid(); }
  // The whole text as it is now, valid until the next read. Error: errno with
  // the path.
  Result<std::string_view> read() {
    auto text = read_fd(fd_.get(), buffer_);
    if (!text) return raise(std::move(text).error(), path_);
    return text;
  }

 private:
  UniqueFd fd_;
  std::string path_;
  std::string buffer_;
};

}  // namespace tidemark::procfs
