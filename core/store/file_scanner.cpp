#include "core/store/file_scanner.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tidemark {
namespace {

constexpr size_t kWindow = 256u << 10;
// A file made of false chapter marks would make the search quadratic: this
// many times its size is summed, then the search gives up.
constexpr int64_t kSearchFactor = 8;
constexpr int64_t kSearchLeast = 64 << 20;

}  // namespace

Result<std::string_view> FileScanner::view(int64_t offset, size_t size) {
  const int64_t end = begin_ + static_cast<int64_t>(filled_);
  if (offset >= begin_ && offset + static_cast<int64_t>(size) <= end) {
    return std::string_view(buffer_).substr(
        static_cast<size_t>(offset - begin_), size);
  }
  const size_t wanted = std::max(size, kWindow);
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  begin_ = offset;
  filled_ = 0;
  while (filled_ < size) {
    const ssize_t n =
        ::pread(fd_.get(), buffer_.data() + filled_, wanted - filled_,
                offset + static_cast<off_t>(filled_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read", errno);
    if (n == 0) break;
    filled_ += static_cast<size_t>(n);
  }
  return std::string_view(buffer_).substr(0, std::min(size, filled_));
}

int64_t FileScanner::size() const {
  struct stat status{};
  return ::fstat(fd_.get(), &status) == 0 ? status.st_size : 0;
}

FileScanner::Look FileScanner::look(int64_t offset) {
  Look result = look_once(offset);
  if (result.verdict == Verdict::broken || result.verdict == Verdict::torn) {
    // The window may hold what was there before the writer finished.
    filled_ = 0;
    result = look_once(offset);
  }
  return result;
}

FileScanner::Look FileScanner::look_once(int64_t offset) {
  auto head = view(offset, kRecordHeaderSize);
  if (!head) return {.verdict = Verdict::failed, .reason = "cannot be read"};
  if (head->empty()) return {.verdict = Verdict::end};
  if (head->size() < kRecordHeaderSize) {
    return {.verdict = Verdict::torn, .reason = "torn tail"};
  }
  const RecordHeader header = decode_record_header(*head);
  const auto next =
      offset + static_cast<int64_t>(kRecordHeaderSize + header.length);
  if (header.length > kMaxPayload) {
    return {.verdict = Verdict::broken, .reason = "impossible length"};
  }
  if (next > begin_ + static_cast<int64_t>(filled_) && next > size()) {
    return {.verdict = Verdict::torn, .reason = "torn tail"};
  }
  const size_t bytes = kRecordHeaderSize + header.length;
  auto whole = view(offset, bytes);
  if (!whole) return {.verdict = Verdict::failed, .reason = "cannot be read"};
  // A writer may have cut the record back, and another grown in its place.
  if (whole->size() < bytes ||
      decode_record_header(*whole).length != header.length) {
    return {.verdict = Verdict::torn, .reason = "torn tail"};
  }
  if (!record_intact(*whole, uuid_)) {
    if (header.length == 0 && header.crc == 0 && only_zeros(offset)) {
      return {.verdict = Verdict::torn, .reason = "torn tail (zeros)"};
    }
    return {.verdict = Verdict::broken, .reason = "bad checksum", .next = next};
  }
  return {.verdict = Verdict::record,
          .record = {offset, decode_record_header(*whole),
                     whole->substr(kRecordHeaderSize)}};
}

std::optional<RecordHeader> FileScanner::peek(int64_t offset) {
  auto head = view(offset, kRecordHeaderSize);
  if (!head || head->size() < kRecordHeaderSize) return std::nullopt;
  return decode_record_header(*head);
}

bool FileScanner::only_zeros(int64_t offset) {
  while (true) {
    auto part = view(offset, kWindow);
    if (!part || part->find_first_not_of('\0') != std::string_view::npos) {
      return false;
    }
    if (part->size() < kWindow) return true;
    offset += static_cast<int64_t>(part->size());
  }
}

std::optional<int64_t> FileScanner::find_chapter(int64_t from) {
  const int64_t budget = kSearchFactor * size() + kSearchLeast;
  // The mark stands behind the record's header.
  int64_t at = std::max(from, static_cast<int64_t>(kFileHeaderSize)) +
               static_cast<int64_t>(kRecordHeaderSize);
  while (work_ < budget) {
    auto part = view(at, kWindow);
    if (!part || part->size() < kChapterMark.size()) return std::nullopt;
    const size_t found = part->find(kChapterMark);
    if (found == std::string_view::npos) {
      at += static_cast<int64_t>(part->size() - kChapterMark.size() + 1);
      continue;
    }
    at += static_cast<int64_t>(found);
    const int64_t record = at - static_cast<int64_t>(kRecordHeaderSize);
    const Look there = look_once(record);
    if (there.verdict == Verdict::record &&
        there.record.header.kind == RecordKind::chapter) {
      return record;
    }
    work_ += static_cast<int64_t>(kWindow) / 64;
    if (there.next) work_ += *there.next - record;
    ++at;
  }
  return std::nullopt;
}

}  // namespace tidemark
