#include "daemon/procfs/process_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/os/file.h"
#include "daemon/procfs/process_stat.h"

namespace tidemark::procfs {
namespace {

// Whether the directory is of the life that began at `start_ticks`.
Status check_start(int directory, uint64_t start_ticks) {
  const UniqueFd stat(::openat(directory, "stat", O_RDONLY | O_CLOEXEC));
  if (!stat.valid()) return fail_errno("stat", errno);
  std::array<char, 4096> text;
  const ssize_t size = ::pread(stat.get(), text.data(), text.size(), 0);
  if (size <= 0) return fail_errno("stat", size < 0 ? errno : ESRCH);
  TIDEMARK_TRY(const auto parsed,
               parse_process_stat({text.data(), static_cast<size_t>(size)}));
  if (parsed.start_ticks != start_ticks) {
    return fail(ErrorKind::gone, "another process has the pid", ESRCH);
  }
  return {};
}

}  // namespace

Result<ProcessDirectory> ProcessDirectory::open(std::string_view proc,
                                                ProcessKey key) {
  std::array<char, kLongestRoot + 16> path{};
  if (proc.size() > kLongestRoot) {
    return fail(ErrorKind::usage, "the path of /proc is too long");
  }
  std::memcpy(path.data(), proc.data(), proc.size());
  path[proc.size()] = '/';
  char* digits = path.data() + proc.size() + 1;
  *std::to_chars(digits, digits + 11, key.pid.value).ptr = '\0';
  UniqueFd fd(::open(path.data(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno(path.data(), errno);
  TIDEMARK_CHECK(check_start(fd.get(), key.start_ticks));
  return ProcessDirectory(std::move(fd));
}

Result<UniqueFd> ProcessDirectory::open_file(const char* name) const {
  UniqueFd file(::openat(fd_.get(), name, O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return fail_errno(name, errno);
  return file;
}

Result<std::string_view> ProcessDirectory::read(const char* name,
                                                std::string& buffer,
                                                size_t limit) const {
  TIDEMARK_TRY(const UniqueFd file, open_file(name));
  return read_fd(file.get(), buffer, limit);
}

std::string ProcessDirectory::link(const char* name) const {
  std::array<char, 4096> target;
  const ssize_t size =
      ::readlinkat(fd_.get(), name, target.data(), target.size());
  return size < 0 ? std::string()
                  : std::string(target.data(), static_cast<size_t>(size));
}

}  // namespace tidemark::procfs
