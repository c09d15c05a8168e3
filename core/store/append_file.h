// A new file that grows by whole writes only: what does not fit is cut back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

class AppendFile {
 public:
  // Creates `path`, mode 0640. Errors: io when it exists (EEXIST), else errno.
  static Result<AppendFile> create(const std::string& path);

  // All of `bytes`, in one pwrite(2) unless the kernel cuts it short, or
  // nothing. Errors: full (ENOSPC, EDQUOT, EFBIG), io. When even cutting back
  // fails, the next append does that first.
  Status append(std::string_view bytes);
  Status sync();   // fdatasync(2)
  Status close();  // after a sync; later calls fail
  void discard();  // close and unlink
  int64_t size() const { return size_; }

 private:
  AppendFile(UniqueFd fd, std::string path)
      : fd_(std::move(fd)), path_(std::move(path)) {}
  std::unexpected<Error> give_up(int cause);
  Status cut_back();

  UniqueFd fd_;
  std::string path_;
  int64_t size_ = 0;
  bool torn_ = false;  // there may be bytes beyond size_
};

}  // namespace tidemark
