#include "core/store/recording_index.h"

#include <algorithm>

namespace tidemark {
namespace {

bool is_item(RecordKind kind) {
  return kind == RecordKind::tick || kind == RecordKind::events ||
         kind == RecordKind::gap || kind == RecordKind::end;
}

}  // namespace

const std::vector<RecordingIndex::Chapter>& RecordingIndex::chapters() {
  while (hop()) {
  }
  return chapters_;
}

// Moves over one record; false at the end, for now.
bool RecordingIndex::hop() {
  const auto header = scanner_.peek(next_);
  if (!header) return false;
  // A header is believed while the records count on; else the one before lied
  // about its length, or this one is damaged.
  if ((sequence_ && header->sequence != *sequence_) ||
      header->length > kMaxPayload) {
    return resync(before_ + 1);
  }
  const auto bytes = static_cast<int64_t>(kRecordHeaderSize + header->length);
  // A torn tail; or a damaged length, if chapters follow.
  if (next_ + bytes > scanner_.size()) return resync(next_ + 1);
  const bool chapter = header->kind == RecordKind::chapter;
  const bool end = header->kind == RecordKind::end;
  if ((chapter || end) &&
      scanner_.look(next_).verdict == FileScanner::Verdict::record) {
    if (chapter) chapters_.push_back({next_, header->time_ns});
    if (end) end_ = next_;
  }
  before_ = next_;
  next_ += bytes;
  sequence_ = static_cast<uint16_t>(header->sequence + 1);
  return true;
}

// Goes on at the next chapter; false when there is none, for now.
bool RecordingIndex::resync(int64_t from) {
  const int64_t size = scanner_.size();
  if (size == searched_size_) return false;
  const auto found = scanner_.find_chapter(from);
  if (!found) {
    searched_size_ = size;
    return false;
  }
  next_ = before_ = *found;
  sequence_.reset();
  return true;
}

std::optional<RecordingIndex::Chapter> RecordingIndex::chapter_before(
    int64_t time_ns) {
  if (chapters().empty()) return std::nullopt;
  const auto after =
      std::ranges::lower_bound(chapters_, time_ns, {}, &Chapter::time_ns);
  return after == chapters_.begin() ? *after : *std::prev(after);
}

bool RecordingIndex::read_summary(int64_t offset) {
  const FileScanner::Look look = scanner_.look(offset);
  if (look.verdict != FileScanner::Verdict::record) return false;
  const ScannedRecord& record = look.record;
  const bool end = record.header.kind == RecordKind::end;
  if (!end && record.payload.size() < kChapterPrefixSize) return false;
  stream_.begin();
  const auto bytes =
      stream_.next(record.payload.substr(end ? 0 : kChapterPrefixSize));
  if (!bytes) return false;
  if (!(end ? codec_.decode(*bytes, end_record_)
            : codec_.decode(*bytes, head_))) {
    return false;
  }
  const std::string& summary = end ? end_record_.summary : head_.summary;
  const std::string& state = end ? end_record_.state : head_.state;
  return !summary.empty() &&
         codec_.decode(state, record.header.time_ns, state_) &&
         codec_.decode(summary, state_, summary_);
}

void RecordingIndex::for_each_summary(
    const std::function<void(const ChapterSummary&)>& fn) {
  chapters();
  for (const Chapter& chapter : chapters_) {
    if (read_summary(chapter.offset)) fn(summary_);
  }
  if (end_ && read_summary(*end_)) fn(summary_);
}

std::optional<std::pair<int64_t, int64_t>> RecordingIndex::item_times(
    int64_t from, int64_t to, bool first_only) {
  std::optional<std::pair<int64_t, int64_t>> result;
  for (int64_t at = from; at < to;) {
    const FileScanner::Look look = scanner_.look(at);
    if (look.verdict == FileScanner::Verdict::broken && look.next) {
      at = *look.next;
      continue;
    }
    if (look.verdict != FileScanner::Verdict::record) break;
    const RecordHeader& header = look.record.header;
    if (is_item(header.kind)) {
      if (!result) result = {header.time_ns, header.time_ns};
      result->second = header.time_ns;
      if (first_only) break;
    }
    at += look.record.bytes();
  }
  return result;
}

std::optional<std::pair<int64_t, int64_t>> RecordingIndex::span() {
  chapters();
  std::optional<int64_t> first;
  std::optional<int64_t> last;
  const int64_t size = scanner_.size();
  const auto begin_of = [&](size_t i) {
    return i < chapters_.size() ? chapters_[i].offset : size;
  };
  for (size_t i = 0; i < chapters_.size() && !first; ++i) {
    const auto times = item_times(begin_of(i), begin_of(i + 1), true);
    if (times) first = times->first;
  }
  for (size_t i = chapters_.size(); i-- > 0 && !last;) {
    const auto times = item_times(begin_of(i), begin_of(i + 1), false);
    if (times) last = times->second;
  }
  if (!first || !last) return std::nullopt;
  return std::pair(*first, *last);
}

}  // namespace tidemark
