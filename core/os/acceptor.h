// Takes connections from a listening socket, also when no descriptor is left:
// then the one that waits is refused, since a level-triggered listener that
// keeps somebody waiting calls its loop for ever.
#pragma once

#include <cstdint>

#include "core/os/unique_fd.h"

namespace tidemark {

class Acceptor {
 public:
  Acceptor();

  // The next connection, non-blocking and closed on exec (accept4(2)); invalid
  // when there is none, or when one was refused: EMFILE, ENFILE.
  UniqueFd accept(int listener);
  int64_t refused() const { return refused_; }

 private:
  void refuse(int listener);

  UniqueFd spare_;  // given up for a moment to take whom to refuse
  int64_t refused_ = 0;
};

}  // namespace tidemark
