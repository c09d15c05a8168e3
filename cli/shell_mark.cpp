#include "cli/shell_mark.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace tidemark {
namespace {

constexpr uint32_t kTimeoutMs = 2000;
constexpr const char* kDefaultSocket = "/run/tidemark/client.sock";

std::string socket_path() {
  const char* path = std::getenv("TIDEMARK_SOCKET");
  return path != nullptr && *path != '\0' ? path : kDefaultSocket;
}

Status check(tidemark_session* session,
             const std::function<void(tidemark_session*)>& speak) {
  if (tidemark_connected(session) == 0) {
    return fail(ErrorKind::not_found,
                "no daemon listens on " + socket_path() +
                    "; start tidemarkd, or run this below `tidemark record -- "
                    "...`, or set TIDEMARK_SOCKET to a recording's --socket");
  }
  speak(session);
  if (tidemark_flush(session, kTimeoutMs) == TIDEMARK_DONE) return {};
  return fail(ErrorKind::gone, "the daemon on " + socket_path() +
                                   " did not take the mark within 2 s");
}

}  // namespace

Status send_shell_mark(const std::function<void(tidemark_session*)>& speak) {
  tidemark_session* session = tidemark_open("tidemark", TIDEMARK_DETACHED);
  if (session == nullptr) return fail_errno("shared memory", errno);
  const Status status = check(session, speak);
  tidemark_close(session);
  return status;
}

}  // namespace tidemark
