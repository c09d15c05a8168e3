#include "core/store/retention.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/os/unique_fd.h"
#include "core/store/recording_series.h"

namespace tidemark {
namespace {

std::string pin_of(const std::string& path) { return path + ".pin"; }

std::vector<StoredPart> stored_parts(const std::vector<SeriesPart>& parts) {
  std::vector<StoredPart> stored;
  for (const SeriesPart& part : parts) {
    StoredPart& entry = stored.emplace_back();
    entry.path = part.path();
    struct stat status{};
    if (::lstat(entry.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
      stored.pop_back();
      continue;
    }
    entry.bytes = int64_t{status.st_blocks} * 512;
    entry.modified_ns =
        status.st_mtim.tv_sec * int64_t{1'000'000'000} + status.st_mtim.tv_nsec;
    entry.pinned = ::access(pin_of(entry.path).c_str(), F_OK) == 0;
  }
  return stored;
}

}  // namespace

std::vector<size_t> parts_to_remove(std::span<const StoredPart> parts,
                                    const RetentionLimits& limits,
                                    int64_t now_ns, int64_t free_bytes) {
  int64_t total = 0;
  for (const StoredPart& part : parts) total += part.bytes;
  std::vector<size_t> remove;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    const StoredPart& part = parts[i];
    if (part.pinned) continue;
    const bool old = now_ns - part.modified_ns > limits.keep_age.count();
    if (!old && total <= limits.keep_bytes && free_bytes >= limits.keep_free) {
      continue;
    }
    remove.push_back(i);
    total -= part.bytes;
    free_bytes += part.bytes;
  }
  return remove;
}

Result<RetentionResult> apply_retention(const std::string& folder,
                                        const RetentionLimits& limits,
                                        int64_t now_ns) {
  TIDEMARK_TRY(const auto parts, series_parts(folder));
  std::vector<StoredPart> stored = stored_parts(parts);
  struct statvfs space{};
  if (::statvfs(folder.c_str(), &space) != 0) return fail_errno(folder, errno);
  const auto free = static_cast<int64_t>(space.f_bavail) *
                    static_cast<int64_t>(space.f_frsize);
  RetentionResult result;
  int64_t total = 0;
  for (const StoredPart& part : stored) total += part.bytes;
  for (const size_t i : parts_to_remove(stored, limits, now_ns, free)) {
    if (::unlink(stored[i].path.c_str()) != 0 && errno != ENOENT) {
      return fail_errno(stored[i].path, errno);
    }
    ++result.removed;
    result.bytes += stored[i].bytes;
  }
  result.above = total - result.bytes > limits.keep_bytes ||
                 free + result.bytes < limits.keep_free;
  return result;
}

Status pin_part(const std::string& path, const std::string& why) {
  const std::string pin = pin_of(path);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  const UniqueFd fd(::open(pin.c_str(), kFlags, 0640));
  if (!fd.valid()) return fail_errno(pin, errno);
  const std::string text = why + "\n";
  if (::write(fd.get(), text.data(), text.size()) < 0) {
    return fail_errno(pin, errno);
  }
  return {};
}

}  // namespace tidemark
