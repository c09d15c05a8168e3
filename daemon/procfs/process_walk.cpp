#include "daemon/procfs/process_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "daemon/procfs/text_cursor.h"

namespace tidemark::procfs {
namespace {

// struct linux_dirent64 (getdents64(2)) by offsets: glibc's readdir allocates
// and re-opens, this does neither.
constexpr size_t kRecordLength = 16;
constexpr size_t kName = 19;

// One read: stat is a single record, shorter than a page.
Result<std::string_view> read_once(int fd, std::string& buffer) {
  if (buffer.size() < 4096) buffer.resize(4096);
  const ssize_t size = ::pread(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) return fail_errno("stat", size < 0 ? errno : ESRCH);
  return std::string_view(buffer.data(), static_cast<size_t>(size));
}

}  // namespace

ProcessWalk::ProcessWalk(std::string proc, size_t keep_limit)
    : proc_(std::move(proc)), keep_limit_(keep_limit), entries_(64 * 1024) {}

Status ProcessWalk::open() {
  directory_.reset(::open(proc_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory_.valid()) return fail_errno(proc_, errno);
  return {};
}

Status ProcessWalk::list() {
  pids_.clear();
  ++scan_;
  if (::lseek(directory_.get(), 0, SEEK_SET) < 0) {
    return fail_errno(proc_, errno);
  }
  while (true) {
    const long size = ::syscall(SYS_getdents64, directory_.get(),
                                entries_.data(), entries_.size());
    if (size < 0) return fail_errno(proc_, errno);
    if (size == 0) return {};
    for (size_t at = 0; at < static_cast<size_t>(size);) {
      uint16_t length = 0;
      std::memcpy(&length, &entries_[at + kRecordLength], sizeof length);
      const auto pid = parse_number(&entries_[at + kName]);
      if (pid && *pid <= INT32_MAX) {
        pids_.push_back(Pid{static_cast<int32_t>(*pid)});
      }
      at += length;
    }
  }
}

UniqueFd ProcessWalk::open_stat(Pid pid) const {
  std::array<char, 32> path{};
  char* end = std::to_chars(path.data(), path.data() + 16, pid.value).ptr;
  std::memcpy(end, "/stat", 6);
  return UniqueFd(
      ::openat(directory_.get(), path.data(), O_RDONLY | O_CLOEXEC));
}

Result<std::string_view> ProcessWalk::read_stat(Pid pid) {
  const auto known = kept_.find(pid.value);
  if (known != kept_.end()) {
    known->second.scan = scan_;
    const auto text = read_once(known->second.fd.get(), buffer_);
    if (text) return text;
    kept_.erase(known);  // ended; the pid may be another's by now
  }
  UniqueFd fd = open_stat(pid);
  if (!fd.valid()) return fail_errno("stat", errno);
  auto text = read_once(fd.get(), buffer_);
  if (text && kept_.size() < keep_limit_) {
    kept_[pid.value] = Kept{std::move(fd), scan_};
  }
  return text;
}

void ProcessWalk::forget_ended() {
  std::erase_if(kept_,
                [&](const auto& kept) { return kept.second.scan != scan_; });
}

size_t kept_descriptors_limit() {
  constexpr rlim_t kReserved = 256;
  constexpr rlim_t kMost = 65536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t half = std::min(limit.rlim_cur / 2, kMost);
  return half > kReserved ? static_cast<size_t>(half - kReserved) : 0;
}

}  // namespace tidemark::procfs
