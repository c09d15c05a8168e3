// Where a recording's clients find it: the path they were told, or a private
// one in a folder of ours that goes away with us.
#pragma once

#include <string>
#include <utility>

#include "core/base/result.h"

namespace tidemark {

class SocketPlace {
 public:
  SocketPlace() = default;
  SocketPlace(SocketPlace&& other) noexcept
      : path_(std::exchange(other.path_, {})),
        folder_(std::exchange(other.folder_, {})) {}
  SocketPlace& operator=(SocketPlace&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(folder_, other.folder_);
    return *this;
  }
  ~SocketPlace();

  // `wanted`, made absolute; "" = a private one below $XDG_RUNTIME_DIR,
  // $TMPDIR or /tmp. An `inherited` path where somebody answers is left to
  // them, and a private one is taken.
  static Result<SocketPlace> choose(const std::string& wanted, bool inherited);

  const std::string& path() const { return path_; }

 private:
  static Result<SocketPlace> make_private();

  std::string path_;
  std::string folder_;  // removed at the end, "" = not ours
};

}  // namespace tidemark
