// Lines of marks from a pipe, a fifo or a file, on a thread of their own: an
// input need not be one that epoll(7) can watch.
#pragma once

#include <tidemark/tidemark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "core/base/result.h"
#include "core/os/unique_fd.h"

namespace tidemark {

class LineDoor {
 public:
  // "-": the descriptor `input`, or standard input when that is -1. Errors:
  // with the path.
  static Result<std::unique_ptr<LineDoor>> open(const std::string& path,
                                                int input,
                                                tidemark_session* session);
  ~LineDoor();  // stops reading
  LineDoor(const LineDoor&) = delete;
  LineDoor& operator=(const LineDoor&) = delete;

  // Readable when the input has ended.
  int ended() const { return ended_.get(); }

 private:
  explicit LineDoor(tidemark_session* session) : session_(session) {}
  void serve();
  void take(std::string& pending, bool at_end);
  void say(const std::string& line);

  tidemark_session* session_;
  UniqueFd input_;
  UniqueFd stop_;   // eventfd: end of reading
  UniqueFd ended_;  // eventfd: end of the input
  uint64_t line_ = 0;
  uint64_t refused_ = 0;
  bool skipping_ = false;  // the rest of a line that was too long
  std::thread thread_;
};

}  // namespace tidemark
