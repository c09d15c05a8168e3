// The socket that clients connect to.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/os/acceptor.h"
#include "core/os/unique_fd.h"

namespace tidemark {

class ClientListener {
 public:
  // Listens on a path, mode 0666: any local program may send its own marks. A
  // socket file that nobody listens on is replaced. Errors: usage (too long),
  // full (somebody listens there), else the system's, with the path.
  static Result<ClientListener> open(const std::string& path);
  // Takes a listening socket from systemd. Error usage: it is none.
  static Result<ClientListener> adopt(int fd);

  ClientListener(ClientListener&&) noexcept = default;
  ClientListener& operator=(ClientListener&&) = delete;
  ~ClientListener();  // removes the file it made

  int fd() const { return fd_.get(); }
  // The next connection, non-blocking; invalid when there is none, or no
  // descriptor for it: then it was refused.
  UniqueFd accept() { return acceptor_.accept(fd_.get()); }

 private:
  ClientListener(UniqueFd fd, std::string path)
      : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  Acceptor acceptor_;
  std::string path_;  // "" = not ours to remove
};

}  // namespace tidemark
