#include "core/store/recording_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/os/file.h"
#include "core/store/chapter_decoder.h"
#include "core/store/damage_list.h"
#include "core/store/file_scanner.h"
#include "core/store/recording_index.h"

namespace tidemark {

using Verdict = FileScanner::Verdict;

struct RecordingReader::Impl {
  Impl(std::string p, UniqueFd fd)
      : path(std::move(p)), scanner(std::move(fd), {}), index(scanner) {}

  Status open();
  std::optional<RecordingItem> next();
  std::optional<RecordingItem> take(const ScannedRecord& scanned);
  std::optional<RecordingItem> take_tick(const ScannedRecord& record);
  std::optional<RecordingItem> take_events(const ScannedRecord& record);
  std::optional<RecordingItem> take_gap(const ScannedRecord& record);
  std::optional<RecordingItem> take_end();
  void take_chapter(const ScannedRecord& record);
  void take_stacks(const ScannedRecord& record);
  std::string define_stacks(const ScannedRecord& record);
  void fetch_stacks(const std::vector<uint64_t>& offsets, int64_t before);
  void skip_kind(const ScannedRecord& record);
  bool follows(const ScannedRecord& record);
  bool behind_next_chapter(const ScannedRecord& record);
  void misplaced(const ScannedRecord& record);
  std::optional<uint16_t> number_at(int64_t at);
  bool step_over(const FileScanner::Look& look);
  void step_to(int64_t next_offset, const char* reason);
  void broken(const ScannedRecord& record, std::string reason);
  void restart(int64_t at);
  bool stands_before(int64_t time_ns);
  void seek(int64_t time_ns);

  std::string path;
  FileScanner scanner;
  RecordingIndex index;
  RecordingInfo info;
  ChapterDecoder chapters;
  DamageList damages;
  bool closed = false;

  int64_t offset = kFileHeaderSize;  // of the next record
  std::optional<uint64_t> number;    // the next record's; in a chapter
                                     // it is known whole, else modulo 2^16
  uint64_t least_chapter = 0;        // chapters with a lower number were read
  int64_t tail_size = -1;  // the file's size when its tail was found torn
  bool ended = false;      // END was the last record read
  BootTime last_time;      // of the last item
  EventsRecord events;
  GapRecord gap;
  StacksRecord stacks_record;
  StackTable stacks;
  std::set<int64_t> stacks_met;  // offsets of the STACKS records looked at
};

Status RecordingReader::Impl::open() {
  TIDEMARK_TRY(const std::string_view bytes, scanner.view(0, kFileHeaderSize));
  TIDEMARK_TRY(info, decode_file_header(bytes));
  scanner.set_uuid(info.uuid);
  // A chapter tells the rest; there may be none yet, or none left.
  const auto first = scanner.find_chapter(kFileHeaderSize);
  if (!first) return {};
  const FileScanner::Look look = scanner.look(*first);
  ChapterDecoder decoder;
  if (look.verdict != Verdict::record || !decoder.begin(look.record).empty()) {
    return {};
  }
  RecordingInfo told = decoder.chapter().info;
  told.major = info.major;
  told.minor = info.minor;
  told.uuid = info.uuid;
  told.boot_id = info.boot_id;
  info = std::move(told);
  restart(kFileHeaderSize);
  return {};
}

std::optional<RecordingItem> RecordingReader::Impl::next() {
  while (true) {
    if (tail_size >= 0) {
      if (scanner.size() == tail_size) return std::nullopt;
      tail_size = -1;
      damages.settle_tail();
    }
    const FileScanner::Look look = scanner.look(offset);
    if (look.verdict == Verdict::end) return std::nullopt;
    if (ended) {
      step_to(scanner.size(), "bytes behind the end record");
      return std::nullopt;
    }
    if (look.verdict != Verdict::record) {
      if (!step_over(look)) return std::nullopt;
      continue;
    }
    auto item = take(look.record);
    offset = look.record.offset + look.record.bytes();
    if (item) return item;
  }
}

// Names what stands at `offset` as damage and moves behind it; false when
// nothing readable is behind it (yet).
bool RecordingReader::Impl::step_over(const FileScanner::Look& look) {
  if (look.next && scanner.look(*look.next).verdict == Verdict::record) {
    // Only this record is hurt: events behind it are still good.
    step_to(*look.next, look.reason);
    if (number) ++*number;
    return true;
  }
  const bool torn = look.verdict == Verdict::torn;
  if (const auto found = scanner.find_chapter(offset + 1)) {
    step_to(*found, torn ? "impossible length" : look.reason);
    number.reset();
    return true;
  }
  tail_size = scanner.size();
  damages.add_tail(offset, tail_size - offset, look.reason, last_time, torn);
  return false;
}

void RecordingReader::Impl::step_to(int64_t next_offset, const char* reason) {
  damages.add(offset, next_offset - offset, reason, last_time);
  chapters.lose();
  offset = next_offset;
}

// A record that is whole but makes no sense.
void RecordingReader::Impl::broken(const ScannedRecord& record,
                                   std::string reason) {
  damages.add(record.offset, record.bytes(), std::move(reason), last_time);
  chapters.lose();
}

std::optional<RecordingItem> RecordingReader::Impl::take(
    const ScannedRecord& scanned) {
  const bool expected = number && scanned.header.sequence == *number;
  if (!follows(scanned)) return std::nullopt;
  // Looking beyond it may have moved the window.
  const ScannedRecord record =
      expected ? scanned : scanner.look(scanned.offset).record;
  std::optional<RecordingItem> item;
  switch (record.header.kind) {
    case RecordKind::chapter: take_chapter(record); break;
    case RecordKind::tick: item = take_tick(record); break;
    case RecordKind::events: item = take_events(record); break;
    case RecordKind::gap: item = take_gap(record); break;
    case RecordKind::end: item = take_end(); break;
    case RecordKind::stacks: take_stacks(record); break;
    default: skip_kind(record);
  }
  if (item) {
    item->time = boot_time(record.header.time_ns);
    last_time = item->time;
  }
  return item;
}

// Holds the record's number against the one expected. False: it is out of its
// place (a copy, or moved), and is not to be shown.
bool RecordingReader::Impl::follows(const ScannedRecord& record) {
  ChapterPrefix prefix;
  const bool chapter = record.header.kind == RecordKind::chapter &&
                       decode_chapter_prefix(record.payload, prefix);
  const uint16_t stated = record.header.sequence;
  if (chapter ? prefix.number < least_chapter : !number) {
    // Without a number to hold it against, only a new chapter is believed.
    misplaced(record);
    return false;
  }
  if (number && stated != *number) {
    // Believed when what comes next agrees.
    const auto next = number_at(record.offset + record.bytes());
    const auto ahead = static_cast<int16_t>(stated - *number);
    if (ahead < 0 || (next && *next != static_cast<uint16_t>(stated + 1)) ||
        (!chapter && behind_next_chapter(record))) {
      misplaced(record);
      return false;
    }
    damages.add(record.offset, 0, "records missing here", last_time);
    chapters.lose();
  }
  if (chapter) least_chapter = prefix.number + 1;
  number = static_cast<uint16_t>(stated + 1);
  return true;
}

// Whether the next chapter has a lower number: then several records were
// copied to here, and agree with each other.
bool RecordingReader::Impl::behind_next_chapter(const ScannedRecord& record) {
  const uint16_t stated = record.header.sequence;
  const auto found = scanner.find_chapter(record.offset + record.bytes());
  if (!found) return false;
  const auto header = scanner.peek(*found);
  return header && static_cast<int16_t>(header->sequence - stated) <= 0;
}

void RecordingReader::Impl::misplaced(const ScannedRecord& record) {
  damages.add(record.offset, record.bytes(), "a record out of its place",
              last_time);
  const auto next = number_at(record.offset + record.bytes());
  if (!number || (next && *next == *number)) return;  // it was put between
  chapters.lose();
  number = static_cast<uint16_t>(*number + 1);
}

std::optional<uint16_t> RecordingReader::Impl::number_at(int64_t at) {
  const auto header = scanner.peek(at);
  if (!header) return std::nullopt;
  return header->sequence;
}

void RecordingReader::Impl::take_chapter(const ScannedRecord& record) {
  ChapterPrefix prefix;
  if (!decode_chapter_prefix(record.payload, prefix)) {
    broken(record, "malformed chapter");
    return;
  }
  std::string wrong = chapters.begin(record);
  if (!wrong.empty()) {
    broken(record, std::move(wrong));
    return;
  }
  fetch_stacks(chapters.chapter().stacks, record.offset);
}

void RecordingReader::Impl::take_stacks(const ScannedRecord& record) {
  if (!stacks_met.insert(record.offset).second) return;
  std::string wrong = define_stacks(record);
  if (wrong.empty()) return;
  // The chapter does not depend on it.
  damages.add(record.offset, record.bytes(), std::move(wrong), last_time);
}

// What was wrong; empty: nothing.
std::string RecordingReader::Impl::define_stacks(const ScannedRecord& record) {
  const auto bytes = chapters.unpack(record);
  if (!bytes) return bytes.error().what;
  if (!chapters.codec().decode(*bytes, stacks_record)) {
    return "malformed stacks";
  }
  bool good = true;
  for (Module& module : stacks_record.modules) {
    good &= stacks.define(std::move(module));
  }
  for (Stack& stack : stacks_record.stacks) {
    good &= stacks.define(std::move(stack));
  }
  for (AddressSymbols& symbols : stacks_record.symbols) {
    good &= stacks.define(std::move(symbols));
  }
  return good ? "" : "impossible stacks";
}

// Reads the STACKS records that a chapter at `before` names and that were not
// met on the way to it.
void RecordingReader::Impl::fetch_stacks(const std::vector<uint64_t>& offsets,
                                         int64_t before) {
  int64_t end = kFileHeaderSize;  // of the one before: they may not overlap
  for (const uint64_t named : offsets) {
    const auto at = static_cast<int64_t>(named);
    if (stacks_met.contains(at)) continue;
    const auto header = scanner.peek(at);
    if (at < end || at >= before || !header ||
        header->kind != RecordKind::stacks) {
      damages.add(at, 0, "no stacks where a chapter names them", last_time);
      return;
    }
    const FileScanner::Look look = scanner.look(at);
    if (look.verdict != Verdict::record) {
      stacks_met.insert(at);
      damages.add(at, 0, look.reason, last_time);
      continue;
    }
    end = at + look.record.bytes();
    take_stacks(look.record);
  }
}

std::optional<RecordingItem> RecordingReader::Impl::take_tick(
    const ScannedRecord& record) {
  const BootTime time = boot_time(record.header.time_ns);
  if (!chapters.open()) {
    damages.lost_tick(time);
    return std::nullopt;
  }
  std::string wrong = chapters.tick(record);
  if (!wrong.empty()) {
    broken(record, std::move(wrong));
    return std::nullopt;
  }
  damages.good_tick(time);
  return RecordingItem{.frame = &chapters.frame(),
                       .chapter_begin = chapters.first_of_chapter()};
}

std::optional<RecordingItem> RecordingReader::Impl::take_events(
    const ScannedRecord& record) {
  events.time_ns = record.header.time_ns;
  const auto bytes = chapters.unpack(record);
  if (!bytes || !chapters.codec().decode(*bytes, events) ||
      !chapters.define(events.dictionary).empty()) {
    broken(record, "malformed events");
    return std::nullopt;
  }
  return RecordingItem{.events = &events.events};
}

std::optional<RecordingItem> RecordingReader::Impl::take_gap(
    const ScannedRecord& record) {
  const auto bytes = chapters.unpack(record);
  if (!bytes || !chapters.codec().decode(*bytes, gap) ||
      !chapters.define(gap.dictionary).empty()) {
    broken(record, "malformed gap");
    return std::nullopt;
  }
  return RecordingItem{.gap = &gap.gap};
}

std::optional<RecordingItem> RecordingReader::Impl::take_end() {
  closed = true;
  ended = true;
  return RecordingItem{.end = true};
}

// A kind of a newer minor version; it may have moved the chapter's stream.
void RecordingReader::Impl::skip_kind(const ScannedRecord& record) {
  if ((record.header.flags & kInStream) == 0 || !chapters.open()) return;
  const auto skipped = chapters.unpack(record);
  if (!skipped) broken(record, skipped.error().what);
}

void RecordingReader::Impl::restart(int64_t at) {
  offset = at;
  number.reset();  // a chapter tells
  if (at == int64_t{kFileHeaderSize}) number = 0;
  least_chapter = 0;
  ended = false;
  if (tail_size >= 0) damages.settle_tail();
  tail_size = -1;
  damages.moved();
  chapters.lose();
  last_time = boot_time(info.anchor.boot_ns);
}

// Whether the record at `offset` may come before the first item of that time.
bool RecordingReader::Impl::stands_before(int64_t time_ns) {
  const auto header = scanner.peek(offset);
  return !header || header->kind == RecordKind::chapter ||
         header->time_ns < time_ns;
}

void RecordingReader::Impl::seek(int64_t time_ns) {
  const auto chapter = index.chapter_before(time_ns);
  restart(chapter ? chapter->offset : int64_t{kFileHeaderSize});
  while (stands_before(time_ns)) {
    const FileScanner::Look look = scanner.look(offset);
    if (look.verdict == Verdict::end) return;
    if (look.verdict == Verdict::record) {
      (void)take(look.record);
      offset = look.record.offset + look.record.bytes();
    } else if (!step_over(look)) {
      return;
    }
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
const ClockAnchor& RecordingReader::anchor() const {
  return impl_->chapters.chapter().anchor;
}
const Dictionary& RecordingReader::dictionary() const {
  return impl_->chapters.dictionary();
}
const StackTable& RecordingReader::stacks() const { return impl_->stacks; }
const std::vector<Damage>& RecordingReader::damages() const {
  return impl_->damages.all();
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

Status RecordingReader::seek(BootTime time) {
  impl_->seek(to_ns(time));
  return {};
}

Status RecordingReader::rewind() {
  impl_->restart(kFileHeaderSize);
  return {};
}

Result<std::vector<ChapterSummary>> RecordingReader::summaries() {
  std::vector<ChapterSummary> result;
  impl_->index.for_each_summary(
      [&result](const ChapterSummary& one) { result.push_back(one); });
  return result;
}

Status RecordingReader::for_each_summary(
    const std::function<void(const ChapterSummary&)>& visit) {
  impl_->index.for_each_summary(visit);
  return {};
}

Result<std::pair<BootTime, BootTime>> RecordingReader::span() {
  const auto times = impl_->index.span();
  if (!times) return fail(ErrorKind::not_found, path() + ": no item in it");
  return std::pair(boot_time(times->first), boot_time(times->second));
}

}  // namespace tidemark
