#include "core/store/append_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace tidemark {

Result<AppendFile> AppendFile::create(const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  UniqueFd fd(::open(path.c_str(), kFlags, 0640));
  if (!fd.valid()) return fail_errno(path, errno);
  return AppendFile(std::move(fd), path);
}

Status AppendFile::append(std::string_view bytes) {
  if (torn_) TIDEMARK_CHECK(cut_back());
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        ::pwrite(fd_.get(), bytes.data() + done, bytes.size() - done,
                 size_ + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    // After a short write, the next one tells why.
    if (n <= 0) return give_up(n < 0 ? errno : ENOSPC);
    done += static_cast<size_t>(n);
    torn_ = done < bytes.size();
  }
  size_ += static_cast<int64_t>(bytes.size());
  return {};
}

Status AppendFile::sync() {
  if (::fdatasync(fd_.get()) != 0) return fail_errno(path_, errno);
  return {};
}

Status AppendFile::close() {
  const Status synced = sync();
  if (::close(fd_.release()) != 0 && synced) return fail_errno(path_, errno);
  return synced;
}

void AppendFile::discard() {
  fd_.reset();
  ::unlink(path_.c_str());
}

std::unexpected<Error> AppendFile::give_up(int cause) {
  if (torn_) (void)cut_back();
  if (cause == EFBIG) {
    return fail(ErrorKind::full, path_ + ": file size limit reached", cause);
  }
  return fail_errno(path_, cause);
}

Status AppendFile::cut_back() {
  if (::ftruncate(fd_.get(), size_) != 0) return fail_errno(path_, errno);
  torn_ = false;
  return {};
}

}  // namespace tidemark
