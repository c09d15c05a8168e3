#include "core/os/acceptor.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

namespace tidemark {
namespace {

UniqueFd take_spare() {
  return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

UniqueFd accept_one(int listener) {
  return UniqueFd(
      ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

}  // namespace

Acceptor::Acceptor() : spare_(take_spare()) {}

UniqueFd Acceptor::accept(int listener) {
  UniqueFd socket = accept_one(listener);
  if (!socket.valid() && (errno == EMFILE || errno == ENFILE)) {
    refuse(listener);
  }
  return socket;
}

void Acceptor::refuse(int listener) {
  spare_.reset();
  if (accept_one(listener).valid()) ++refused_;
  spare_ = take_spare();
}

}  // namespace tidemark
