#include "daemon/procfs/open_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "core/os/unique_fd.h"
#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

void count_file(OpenFiles& files, const ProcessDirectory& process,
                int directory, const char* name) {
  std::array<char, 256> target;
  const ssize_t size =
      ::readlinkat(directory, name, target.data(), target.size());
  if (size < 0) return;  // closed meanwhile
  switch (open_file_kind({target.data(), static_cast<size_t>(size)})) {
    case OpenFileKind::socket: ++files.sockets; break;
    case OpenFileKind::pipe: ++files.pipes; break;
    case OpenFileKind::file: ++files.files; break;
    case OpenFileKind::other: ++files.other; break;
    case OpenFileKind::inotify: {
      ++files.other;
      std::string buffer;
      const std::string path = std::string("fdinfo/") + name;
      const auto text = process.read(path.c_str(), buffer, 1u << 20);
      if (text) files.inotify_watches += count_inotify_watches(*text);
      break;
    }
  }
}

}  // namespace

OpenFileKind open_file_kind(std::string_view target) {
  if (target.starts_with("socket:[")) return OpenFileKind::socket;
  if (target.starts_with("pipe:[")) return OpenFileKind::pipe;
  if (target == "anon_inode:inotify") return OpenFileKind::inotify;
  // memfds look like paths, but of no file system.
  if (target.starts_with("/memfd:")) return OpenFileKind::other;
  if (target.starts_with('/')) return OpenFileKind::file;
  return OpenFileKind::other;
}

int64_t count_inotify_watches(std::string_view fdinfo) {
  int64_t count = 0;
  for (TextCursor lines(fdinfo); !lines.at_end();) {
    count += lines.line().starts_with("inotify wd:");
  }
  return count;
}

Result<OpenFiles> read_open_files(const ProcessDirectory& process,
                                  int64_t limit) {
  UniqueFd folder(
      ::openat(process.fd(), "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return fail_errno("fd", errno);
  const std::unique_ptr<DIR, CloseDirectory> directory(
      ::fdopendir(folder.get()));
  if (!directory) return fail_errno("fd", errno);
  folder.release();  // the DIR owns it now
  OpenFiles files;
  int64_t seen = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (entry->d_name[0] == '.') continue;
    if (++seen > limit) {
      files.complete = false;
      break;
    }
    count_file(files, process, ::dirfd(directory.get()), entry->d_name);
  }
  return files;
}

}  // namespace tidemark::procfs
