#include "core/base/result.h"

#include <cerrno>
#include <cstring>

namespace tidemark {
namespace {

ErrorKind kind_of(int errno_value) {
  switch (errno_value) {
    case EACCES:
    case EPERM: return ErrorKind::permission;
    case ENOENT:
    case ENOTDIR: return ErrorKind::not_found;
    case ENOSPC:
    case EDQUOT: return ErrorKind::full;
    case ESRCH: return ErrorKind::gone;
    case ENOSYS:
    case EOPNOTSUPP: return ErrorKind::unsupported;
    default: return ErrorKind::io;
  }
}

}  // namespace

std::unexpected<Error> fail_errno(std::string what, int errno_value) {
  char buffer[128];
  // GNU strerror_r: returns a pointer that need not be the buffer.
  what += ": ";
  what += strerror_r(errno_value, buffer, sizeof buffer);
  return fail(kind_of(errno_value), std::move(what), errno_value);
}

}  // namespace tidemark
