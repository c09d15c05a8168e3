#include "daemon/procfs/descriptor_count.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "core/os/unique_fd.h"

namespace tidemark::procfs {
namespace {

std::optional<int64_t> size_of(int process) {
  struct stat status{};
  if (::fstatat(process, "fd", &status, 0) != 0) return std::nullopt;
  return status.st_size;
}

std::optional<int64_t> listed_in(int process) {
  const int fd = ::openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* directory = fd < 0 ? nullptr : ::fdopendir(fd);
  if (directory == nullptr) return std::nullopt;
  int64_t count = 0;
  while (const dirent* entry = ::readdir(directory)) {
    count += entry->d_name[0] != '.';
  }
  ::closedir(directory);
  return count;
}

}  // namespace

DescriptorCount::DescriptorCount(const std::string& proc) {
  const UniqueFd self(::open((proc + "/self").c_str(), O_PATH | O_CLOEXEC));
  by_size_ = size_of(self.get()).value_or(0) > 0;
}

std::optional<int64_t> DescriptorCount::of(int process) const {
  return by_size_ ? size_of(process) : listed_in(process);
}

}  // namespace tidemark::procfs
