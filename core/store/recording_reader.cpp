#include "core/store/recording_reader.h"

#include <algorithm>
#include <utility>

#include "core/os/file.h"
#include "core/store/chapter_decoder.h"
#include "core/store/file_scanner.h"

namespace tidemark {

struct RecordingReader::Impl {
  Impl(std::string p, UniqueFd fd)
      : path(std::move(p)), scanner(std::move(fd), {}) {}

  Status open();
  std::optional<RecordingItem> next();
  std::optional<RecordingItem> take(const ScannedRecord& record);
  std::optional<RecordingItem> take_tick(const ScannedRecord& record);
  std::optional<RecordingItem> take_events(const ScannedRecord& record);
  std::optional<RecordingItem> take_gap(const ScannedRecord& record);
  std::optional<RecordingItem> take_end(const ScannedRecord& record);
  void take_chapter(const ScannedRecord& record);
  void skip_kind(const ScannedRecord& record);
  void check_sequence(const ScannedRecord& record);
  bool step_over(const FileScanner::Look& look);
  void lose_tick(const ScannedRecord& record);
  void damage(int64_t bytes, std::string reason, bool truncation = false);
  void restart();
  Status seek(BootTime time);

  std::string path;
  FileScanner scanner;
  RecordingInfo info;
  ChapterDecoder chapters;
  std::vector<Damage> damages;
  bool closed = false;

  int64_t offset = kFileHeaderSize;  // of the next record
  uint64_t number = 0;               // the next record's, as far as known
  bool number_known = true;
  bool tail_torn = false;  // the last damage is the torn tail seen last time
  int64_t tail_size = -1;  // the file's size then
  BootTime last_time;
  EventsRecord events;
  GapRecord gap;
};

Status RecordingReader::Impl::open() {
  TIDEMARK_TRY(const std::string_view bytes, scanner.view(0, kFileHeaderSize));
  TIDEMARK_TRY(info, decode_file_header(bytes));
  scanner.set_uuid(info.uuid);
  // The first chapter tells the rest, but may be damaged or not yet there.
  const auto first = scanner.find_chapter(kFileHeaderSize);
  if (!first) return {};
  const FileScanner::Look look = scanner.look(*first);
  if (look.verdict != FileScanner::Verdict::record) return {};
  ChapterDecoder decoder;
  if (!decoder.begin(look.record).empty()) return {};
  RecordingInfo told = decoder.chapter().info;
  told.major = info.major;
  told.minor = info.minor;
  told.uuid = info.uuid;
  told.boot_id = info.boot_id;
  info = std::move(told);
  last_time = boot_time(info.anchor.boot_ns);
  return {};
}

void RecordingReader::Impl::damage(int64_t bytes, std::string reason,
                                   bool truncation) {
  const auto same = std::ranges::find(damages, offset, &Damage::offset);
  if (same != damages.end()) return;  // met again after a seek
  damages.push_back({.offset = offset,
                     .bytes = bytes,
                     .reason = std::move(reason),
                     .from = last_time,
                     .to = last_time,
                     .truncation = truncation});
}

std::optional<RecordingItem> RecordingReader::Impl::next() {
  while (true) {
    if (tail_torn && scanner.size() == tail_size) return std::nullopt;
    if (std::exchange(tail_torn, false)) damages.pop_back();
    const FileScanner::Look look = scanner.look(offset);
    switch (look.verdict) {
      case FileScanner::Verdict::end: return std::nullopt;
      case FileScanner::Verdict::record: {
        auto item = take(look.record);
        offset = look.record.offset + look.record.bytes();
        if (item) return item;
        break;
      }
      default:
        if (!step_over(look)) return std::nullopt;
    }
  }
}

// Names what stands at `offset` as damage and moves behind it; false when
// there is nothing behind it (yet).
bool RecordingReader::Impl::step_over(const FileScanner::Look& look) {
  using Verdict = FileScanner::Verdict;
  const int64_t size = scanner.size();
  if (look.verdict == Verdict::broken && look.next &&
      scanner.look(*look.next).verdict == Verdict::record) {
    // Only this record is hurt: events behind it are still good.
    damage(*look.next - offset, look.reason);
    chapters.lose();
    number_known = false;
    offset = *look.next;
    return true;
  }
  if (const auto found = scanner.find_chapter(offset + 1)) {
    const bool torn = look.verdict == Verdict::torn;
    damage(*found - offset, torn ? "impossible length" : look.reason);
    chapters.lose();
    number_known = false;
    offset = *found;
    return true;
  }
  damage(size - offset, look.reason, look.verdict == Verdict::torn);
  tail_torn = !damages.empty() && damages.back().offset == offset;
  tail_size = size;
  chapters.lose();
  number_known = false;
  return false;
}

std::optional<RecordingItem> RecordingReader::Impl::take(
    const ScannedRecord& record) {
  check_sequence(record);
  std::optional<RecordingItem> item;
  switch (record.header.kind) {
    case RecordKind::chapter: take_chapter(record); break;
    case RecordKind::tick: item = take_tick(record); break;
    case RecordKind::events: item = take_events(record); break;
    case RecordKind::gap: item = take_gap(record); break;
    case RecordKind::end: item = take_end(record); break;
    case RecordKind::stacks:
    default: skip_kind(record);
  }
  if (item) {
    item->time = boot_time(record.header.time_ns);
    last_time = item->time;
  }
  return item;
}

void RecordingReader::Impl::check_sequence(const ScannedRecord& record) {
  if (number_known && record.header.sequence != static_cast<uint16_t>(number)) {
    damage(0, "records missing before this one");
    chapters.lose();
  }
  number =
      number_known && record.header.sequence == static_cast<uint16_t>(number)
          ? number + 1
          : uint64_t{record.header.sequence} + 1;
  number_known = true;
}

void RecordingReader::Impl::take_chapter(const ScannedRecord& record) {
  ChapterPrefix prefix;
  if (!decode_chapter_prefix(record.payload, prefix)) {
    damage(record.bytes(), "malformed chapter");
    chapters.lose();
    return;
  }
  const std::string wrong = chapters.begin(record);
  if (!wrong.empty()) {
    damage(record.bytes(), wrong);
    chapters.lose();
  }
}

std::optional<RecordingItem> RecordingReader::Impl::take_tick(
    const ScannedRecord& record) {
  if (!chapters.open()) {
    lose_tick(record);
    return std::nullopt;
  }
  const std::string wrong = chapters.tick(record);
  if (!wrong.empty()) {
    damage(record.bytes(), wrong);
    chapters.lose();
    return std::nullopt;
  }
  return RecordingItem{.frame = &chapters.frame(),
                       .chapter_begin = chapters.first_of_chapter()};
}

// A tick whose chapter broke before it: part of the same damage.
void RecordingReader::Impl::lose_tick(const ScannedRecord& record) {
  if (damages.empty()) return;
  Damage& last = damages.back();
  last.to = std::max(last.to, boot_time(record.header.time_ns));
}

std::optional<RecordingItem> RecordingReader::Impl::take_events(
    const ScannedRecord& record) {
  events.time_ns = record.header.time_ns;
  if (!chapters.codec().decode(record.payload, events)) {
    damage(record.bytes(), "malformed events");
    return std::nullopt;
  }
  const std::string wrong = chapters.define(events.dictionary);
  if (!wrong.empty()) {
    damage(record.bytes(), wrong);
    return std::nullopt;
  }
  return RecordingItem{.events = &events.events};
}

std::optional<RecordingItem> RecordingReader::Impl::take_gap(
    const ScannedRecord& record) {
  if (!chapters.codec().decode(record.payload, gap) ||
      !chapters.define(gap.dictionary).empty()) {
    damage(record.bytes(), "malformed gap");
    return std::nullopt;
  }
  return RecordingItem{.gap = &gap.gap};
}

std::optional<RecordingItem> RecordingReader::Impl::take_end(
    const ScannedRecord&) {
  closed = true;
  return RecordingItem{.end = true};
}

void RecordingReader::Impl::skip_kind(const ScannedRecord& record) {
  if ((record.header.flags & kInStream) == 0 || !chapters.open()) return;
  const auto skipped = chapters.unpack(record.payload);
  if (skipped) return;
  damage(record.bytes(), skipped.error().what);
  chapters.lose();
}

void RecordingReader::Impl::restart() {
  offset = kFileHeaderSize;
  number = 0;
  number_known = true;
  if (std::exchange(tail_torn, false)) damages.pop_back();
  chapters.lose();
  last_time = boot_time(info.anchor.boot_ns);
}

Status RecordingReader::Impl::seek(BootTime time) {
  // The last chapter that begins before `time`: hop over the records.
  restart();
  int64_t chapter = offset;
  for (int64_t at = offset;;) {
    const auto header = scanner.peek(at);
    if (!header || header->length > kMaxPayload) break;
    if (header->kind == RecordKind::chapter) {
      if (header->time_ns >= to_ns(time)) break;
      chapter = at;
    }
    at += static_cast<int64_t>(kRecordHeaderSize + header->length);
  }
  if (chapter != offset) number_known = false;
  offset = chapter;
  while (true) {
    const auto header = scanner.peek(offset);
    if (header && header->kind != RecordKind::chapter &&
        header->time_ns >= to_ns(time)) {
      return {};
    }
    const FileScanner::Look look = scanner.look(offset);
    if (look.verdict == FileScanner::Verdict::end) return {};
    if (look.verdict != FileScanner::Verdict::record) {
      if (!step_over(look)) return {};
      continue;
    }
    (void)take(look.record);
    offset = look.record.offset + look.record.bytes();
  }
}

Result<RecordingReader> RecordingReader::open(const std::string& path) {
  TIDEMARK_TRY(UniqueFd fd, open_read(path));
  auto impl = std::make_unique<Impl>(path, std::move(fd));
  const Status opened = impl->open();
  if (!opened) return raise(opened.error(), path);
  return RecordingReader(std::move(impl));
}

RecordingReader::RecordingReader(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
RecordingReader::RecordingReader(RecordingReader&&) noexcept = default;
RecordingReader& RecordingReader::operator=(RecordingReader&&) noexcept =
    default;
RecordingReader::~RecordingReader() = default;

const RecordingInfo& RecordingReader::info() const { return impl_->info; }
const std::string& RecordingReader::path() const { return impl_->path; }
const Dictionary& RecordingReader::dictionary() const {
  return impl_->chapters.dictionary();
}
const std::vector<Damage>& RecordingReader::damages() const {
  return impl_->damages;
}
bool RecordingReader::closed() const { return impl_->closed; }

std::optional<RecordingItem> RecordingReader::next() { return impl_->next(); }

std::optional<int64_t> RecordingReader::value(MetricId metric,
                                              SubjectId subject) const {
  const int64_t* value =
      impl_->chapters.state().find(metric.value, subject.value);
  if (value == nullptr) return std::nullopt;
  return *value;
}

const std::vector<SubjectId>* RecordingReader::present(MetricId metric) const {
  const auto* series = impl_->chapters.state().series(metric.value);
  return series == nullptr ? nullptr : &series->present;
}

Status RecordingReader::seek(BootTime time) { return impl_->seek(time); }

Status RecordingReader::rewind() {
  impl_->restart();
  return {};
}

Result<std::vector<ChapterSummary>> RecordingReader::summaries() {
  return std::vector<ChapterSummary>();
}

Result<std::pair<BootTime, BootTime>> RecordingReader::span() {
  return fail(ErrorKind::unsupported, "span");
}

}  // namespace tidemark
