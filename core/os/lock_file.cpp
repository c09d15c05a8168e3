#include "core/os/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <utility>

namespace tidemark {
namespace {

// What the holder wrote: digits, or nothing we would repeat.
std::string holder(int fd) {
  std::array<char, 16> text{};
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < n; ++i) {
    const char c = text[static_cast<size_t>(i)];
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) break;
    pid += c;
  }
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

Result<LockFile> LockFile::take(const std::string& path) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  UniqueFd fd(::open(path.c_str(), kFlags, 0644));
  if (!fd.valid()) return fail_errno(path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno(path, errno);
    return fail(ErrorKind::full, path + ": held by " + holder(fd.get()));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) != 0 ||
      ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
    // The lock holds all the same; only its holder's name is missing.
    (void)errno;
  }
  return LockFile(std::move(fd));
}

}  // namespace tidemark
