// Writes a report so that nobody ever sees half of it.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "core/os/unique_fd.h"
#include "report/report.h"

namespace tidemark {
namespace {

Status write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(path, errno);
    text.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

// A FIFO, a terminal or /dev/stdout cannot be renamed onto.
bool is_special(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

Status write_special(const std::string& path, std::string_view text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno(path, errno);
  return write_all(fd.get(), text, path);
}

Status write_synced(const std::string& path, std::string_view text) {
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd.valid()) return fail_errno(path, errno);
  TIDEMARK_CHECK(write_all(fd.get(), text, path));
  if (::fsync(fd.get()) != 0) return fail_errno(path, errno);
  return {};
}

}  // namespace

Status write_whole(const std::string& path, std::string_view text) {
  if (path.empty() || path == "-") {
    return write_all(STDOUT_FILENO, text, "standard output");
  }
  if (is_special(path)) return write_special(path, text);
  const std::string part = path + ".part-" + std::to_string(::getpid());
  Status status = write_synced(part, text);
  if (status && ::rename(part.c_str(), path.c_str()) != 0) {
    status = fail_errno(path, errno);
  }
  if (!status) ::unlink(part.c_str());
  return status;
}

}  // namespace tidemark
