#include "tui/marker.h"

#include <tidemark/tidemark.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace tidemark {
namespace {

constexpr uint32_t kTimeoutMs = 2000;

Status note(tidemark_session* session, const std::string& text) {
  if (tidemark_connected(session) == 0) {
    return fail(ErrorKind::not_found,
                "nobody takes marks for this recording: its writer has gone");
  }
  tidemark_note(session, text.c_str());
  if (tidemark_flush(session, kTimeoutMs) == TIDEMARK_DONE) return {};
  return fail(ErrorKind::gone, "the mark was not taken within 2 s");
}

}  // namespace

Status write_mark(const std::string& socket, const std::string& text) {
  if (!socket.empty()) ::setenv("TIDEMARK_SOCKET", socket.c_str(), 1);
  tidemark_session* session = tidemark_open("top", TIDEMARK_DETACHED);
  if (session == nullptr) return fail_errno("shared memory", errno);
  const Status status = note(session, text);
  tidemark_close(session);
  return status;
}

}  // namespace tidemark
