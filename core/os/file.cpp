#include "core/os/file.h"

#include <fcntl.h>

#include <cerrno>

namespace tidemark {

Result<UniqueFd> open_read(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno(path, errno);
  return fd;
}

Result<std::string_view> read_file(const std::string& path, std::string& buffer,
                                   size_t limit) {
  TIDEMARK_TRY(const UniqueFd fd, open_read(path));
  auto text = read_fd(fd.get(), buffer, limit);
  if (!text) return raise(std::move(text).error(), path);
  return text;
}

Result<std::string_view> read_fd(int fd, std::string& buffer, size_t limit) {
  if (buffer.size() < 4096) buffer.resize(4096);
  size_t filled = 0;
  while (true) {
    if (filled == buffer.size()) buffer.resize(buffer.size() * 2);
    const ssize_t n =
        ::pread(fd, buffer.data() + filled, buffer.size() - filled,
                static_cast<off_t>(filled));
    if (n < 0) {
      if (errno == EINTR) continue;
      return fail_errno("read", errno);
    }
    if (n == 0) return std::string_view(buffer.data(), filled);
    filled += static_cast<size_t>(n);
    if (filled > limit) return fail(ErrorKind::full, "larger than expected");
  }
}

}  // namespace tidemark
