#include "core/store/recording_writer.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

#include "core/store/append_file.h"
#include "core/store/chapter_stream.h"
#include "core/store/chapter_summarizer.h"
#include "core/store/codec.h"
#include "core/store/frame_encoder.h"
#include "core/store/record_frame.h"
#include "core/store/series_state.h"
#include "core/store/stack_queue.h"

namespace tidemark {
namespace {

// More than this many events become several records of one write: a reader
// bounds what one record may hold.
constexpr size_t kEventsPerRecord = 1u << 16;
// Fewer bytes outside the chapter's stream are not worth compressing: a mark
// stays plain.
constexpr size_t kPackFrom = 512;
// A chapter names at most this many STACKS records: with more, what lives is
// told again and the list begins anew.
constexpr size_t kMostStacksRecords = 1024;

}  // namespace

struct RecordingWriter::Impl {
  Impl(AppendFile f, const RecordingInfo& i, const WriterOptions& o)
      : file(std::move(f)),
        info(i),
        options(o),
        stream(o.zstd_level),
        alone(o.zstd_level) {}

  Status start();
  Status write_frame(const Frame& frame, const ClockAnchor& anchor);
  Status write_events(std::span<const Event> events);
  void begin_write();
  void add_record(RecordKind kind, uint8_t flags, BootTime time,
                  std::string_view bytes);
  Status add_alone(RecordKind kind, BootTime time);
  Status add_stacks(BootTime time);
  void restate_stacks();
  std::unordered_set<StackId> living_stacks() const;
  Status pack(ChapterCompressor& into);
  Status add_chapter(int64_t time_ns, const ClockAnchor& anchor);
  Status flush();
  Status close(BootTime time);
  Status write_late_stacks(BootTime time);
  void inherit(const Impl& from);
  void inherit_stacks(Impl& from);

  bool chapter_full() const {
    return !chapter_open ||
           summarizer.ticks() >= static_cast<uint64_t>(options.chapter_ticks) ||
           file.size() - ticks_begin >= options.chapter_bytes;
  }
  DictionaryRecord pending() const;
  DictionaryRecord live_dictionary() const;
  void close_chapter(int64_t time_ns, std::string& state_bytes,
                     std::string& summary_bytes);
  void commit(const TickRecord& record);
  void defined_written();

  AppendFile file;
  RecordingInfo info;
  WriterOptions options;
  Codec codec;
  ChapterCompressor stream;
  ChapterCompressor alone;  // for records outside the chapter's stream
  FrameEncoder encoder;
  SeriesState state;
  ChapterSummarizer summarizer;
  TickRecord tick;
  StateRecord snapshot;
  SummaryRecord summary;

  std::map<uint32_t, Metric> metrics;
  std::map<uint32_t, Subject> subjects;  // alive
  std::set<uint32_t> new_metrics;        // defined, not yet written
  std::set<uint32_t> new_subjects;
  StackQueue stacks;

  bool chapter_open = false;
  int64_t ticks_begin = 0;    // where the chapter's ticks begin in the file
  uint64_t records = 0;       // in the file
  uint64_t last_chapter = 0;  // its offset
  // Offsets of the STACKS records that a chapter here would need: in the
  // file, and with those of the next write.
  std::vector<uint64_t> stacks_written;
  std::vector<uint64_t> stacks_named;
  EndRecord totals;

  int64_t refused_before = 0;  // values, by the files that this one goes on

  uint64_t queued = 0;  // records of the next write
  std::string out;      // its bytes
  std::string payload;  // encoded
  std::string packed;   // compressed
};

Status RecordingWriter::Impl::start() {
  begin_write();
  out = encode_file_header(info);
  TIDEMARK_CHECK(add_chapter(info.anchor.boot_ns, info.anchor));
  TIDEMARK_CHECK(flush());
  chapter_open = true;
  last_chapter = kFileHeaderSize;
  ticks_begin = file.size();
  summarizer.begin(last_chapter, info.anchor.boot_ns);
  totals.chapters = 1;
  return {};
}

// The state, and the summary of the chapter that leads to it.
void RecordingWriter::Impl::close_chapter(int64_t time_ns,
                                          std::string& state_bytes,
                                          std::string& summary_bytes) {
  state.snapshot(snapshot);
  for (ColumnRecord& column : snapshot.columns) {
    column.real = metrics.at(column.metric).unit == Unit::real;
  }
  codec.encode(snapshot, time_ns, state_bytes);
  summary_bytes.clear();
  if (summarizer.ticks() == 0) return;
  summarizer.summarize(summary);
  codec.encode(summary, summary_bytes);
}

// Appends `payload`, compressed, to `packed`.
Status RecordingWriter::Impl::pack(ChapterCompressor& into) {
  TIDEMARK_CHECK(into.add(payload, packed));
  if (payload.size() > kMaxUnpacked || packed.size() > kMaxPayload) {
    return fail(ErrorKind::full, "a record larger than readers accept");
  }
  return {};
}

// Appends a CHAPTER record to `out`.
Status RecordingWriter::Impl::add_chapter(int64_t time_ns,
                                          const ClockAnchor& anchor) {
  ChapterRecord chapter{.info = info, .anchor = anchor};
  chapter.stacks = stacks_named;
  codec.encode(live_dictionary(), chapter.dictionary);
  close_chapter(time_ns, chapter.state, chapter.summary);
  codec.encode(chapter, payload);
  packed.clear();
  append_chapter_prefix(packed,
                        {.number = records + queued, .previous = last_chapter});
  stream.begin();
  TIDEMARK_CHECK(pack(stream));
  add_record(RecordKind::chapter, kInStream, boot_time(time_ns), packed);
  return {};
}

Status RecordingWriter::Impl::write_frame(const Frame& frame,
                                          const ClockAnchor& anchor) {
  const FrameEncoder::Known known = {
      .metric = [this](uint32_t id) { return metrics.contains(id); },
      .subject = [this](uint32_t id) { return subjects.contains(id); }};
  TIDEMARK_CHECK(encoder.encode(frame, state, known, tick));
  const bool new_chapter = chapter_full();
  begin_write();
  if (new_chapter) restate_stacks();
  TIDEMARK_CHECK(add_stacks(frame.time));
  const auto begin = file.size() + static_cast<int64_t>(out.size());
  // Whatever happens to the bytes, the compressor has moved on: without a
  // successful write the chapter cannot be continued.
  chapter_open = false;
  if (new_chapter) TIDEMARK_CHECK(add_chapter(tick.time_ns, anchor));
  // In a new chapter too, though its head has them: a reader that comes from
  // the chapter before does not unpack the head's dictionary.
  tick.dictionary = pending();
  const auto ticks = file.size() + static_cast<int64_t>(out.size());
  codec.encode(tick, payload);
  packed.clear();
  TIDEMARK_CHECK(pack(stream));
  add_record(RecordKind::tick, kInStream, boot_time(tick.time_ns), packed);
  TIDEMARK_CHECK(flush());
  chapter_open = true;
  if (new_chapter) {
    last_chapter = static_cast<uint64_t>(begin);
    ticks_begin = ticks;
    summarizer.begin(last_chapter, tick.time_ns);
    ++totals.chapters;
  }
  commit(tick);
  return {};
}

// What was written is now the state.
void RecordingWriter::Impl::commit(const TickRecord& record) {
  ++totals.ticks;
  summarizer.frame(record.time_ns);
  if (record.interval_ns) state.interval_ns = *record.interval_ns;
  for (const ColumnRecord& column : record.columns) {
    state.apply(
        column, [](uint32_t) { return true; },
        [&](const SeriesState::Change& change) {
          summarizer.change(column.metric, change);
        });
  }
  for (const HistogramRecord& histogram : record.histograms) {
    state.apply(histogram);
  }
  summarizer.end(record.ended, state);
  state.end(record.ended);
  for (const uint32_t subject : record.ended) subjects.erase(subject);
  defined_written();
}

void RecordingWriter::Impl::defined_written() {
  new_metrics.clear();
  new_subjects.clear();
}

DictionaryRecord RecordingWriter::Impl::pending() const {
  DictionaryRecord result;
  for (const uint32_t id : new_metrics) {
    result.metrics.push_back(metrics.at(id));
  }
  for (const uint32_t id : new_subjects) {
    // Defined and ended before it was ever written.
    const auto found = subjects.find(id);
    if (found != subjects.end()) result.subjects.push_back(found->second);
  }
  return result;
}

DictionaryRecord RecordingWriter::Impl::live_dictionary() const {
  DictionaryRecord result;
  for (const auto& [id, metric] : metrics) {
    result.metrics.push_back(metric);
    // Help is for people, and in the file where it was first defined.
    result.metrics.back().help.clear();
  }
  for (const auto& [id, subject] : subjects) {
    result.subjects.push_back(subject);
  }
  return result;
}

void RecordingWriter::Impl::begin_write() {
  out.clear();
  queued = 0;
  stacks_named = stacks_written;
}

// Writes `out`.
Status RecordingWriter::Impl::flush() {
  TIDEMARK_CHECK(file.append(out));
  records += queued;
  queued = 0;
  stacks_written = stacks_named;
  stacks.clear();
  return {};
}

void RecordingWriter::Impl::add_record(RecordKind kind, uint8_t flags,
                                       BootTime time, std::string_view bytes) {
  append_record(out, info.uuid,
                {.kind = kind,
                 .flags = flags,
                 .sequence = static_cast<uint16_t>(records + queued),
                 .time_ns = to_ns(time)},
                bytes);
  ++queued;
}

// Appends `payload` as a record outside the chapter's stream, compressed by
// itself if that is worth it.
Status RecordingWriter::Impl::add_alone(RecordKind kind, BootTime time) {
  if (payload.size() < kPackFrom) {
    add_record(kind, 0, time, payload);
    return {};
  }
  packed.clear();
  alone.begin();
  TIDEMARK_CHECK(pack(alone));
  add_record(kind, kPacked, time, packed);
  return {};
}

// Appends the stacks that what follows may need.
Status RecordingWriter::Impl::add_stacks(BootTime time) {
  if (stacks.empty()) return {};
  for (const StacksRecord& record : stacks.records()) {
    const auto offset = static_cast<uint64_t>(file.size()) + out.size();
    codec.encode(record, payload);
    TIDEMARK_CHECK(add_alone(RecordKind::stacks, time));
    stacks_named.push_back(offset);
  }
  return {};
}

void RecordingWriter::Impl::restate_stacks() {
  if (stacks_named.size() < kMostStacksRecords) return;
  stacks.restate(living_stacks());
  stacks_named.clear();
}

std::unordered_set<StackId> RecordingWriter::Impl::living_stacks() const {
  std::unordered_set<StackId> living;
  for (const auto& [id, subject] : subjects) {
    if (subject.stack.valid()) living.insert(subject.stack);
  }
  return living;
}

Status RecordingWriter::Impl::write_events(std::span<const Event> events) {
  begin_write();
  TIDEMARK_CHECK(add_stacks(events.front().time));
  bool first = true;
  while (!events.empty()) {
    const auto part = events.first(std::min(events.size(), kEventsPerRecord));
    events = events.subspan(part.size());
    const BootTime time = part.front().time;
    EventsRecord record{.time_ns = to_ns(time),
                        .events = {part.begin(), part.end()}};
    if (std::exchange(first, false)) record.dictionary = pending();
    codec.encode(record, payload);
    TIDEMARK_CHECK(add_alone(RecordKind::events, time));
  }
  return flush();
}

// Names that came after the last tick.
Status RecordingWriter::Impl::write_late_stacks(BootTime time) {
  if (stacks.empty()) return {};
  begin_write();
  TIDEMARK_CHECK(add_stacks(time));
  return flush();
}

// All that a file which goes on has to tell once more.
void RecordingWriter::Impl::inherit(const Impl& from) {
  metrics = from.metrics;
  for (const auto& [id, metric] : metrics) {
    summarizer.define(metric);
    new_metrics.insert(id);  // with their help
  }
  subjects = from.subjects;
  state = from.state;
  refused_before = from.refused_before + from.encoder.refused();
}

// They move: they may be large, and the old file needs them no more. After the
// file's head, which takes all that was queued for written.
void RecordingWriter::Impl::inherit_stacks(Impl& from) {
  stacks = std::exchange(from.stacks, {});
  stacks.begin_file();
  stacks.restate(living_stacks());
}

Status RecordingWriter::Impl::close(BootTime time) {
  TIDEMARK_CHECK(write_late_stacks(time));
  EndRecord end = totals;
  close_chapter(to_ns(time), end.state, end.summary);
  codec.encode(end, payload);
  packed.clear();
  alone.begin();
  TIDEMARK_CHECK(pack(alone));
  begin_write();
  add_record(RecordKind::end, kPacked, time, packed);
  TIDEMARK_CHECK(flush());
  return file.close();
}

Result<RecordingWriter> RecordingWriter::create(const std::string& path,
                                                const RecordingInfo& info,
                                                const WriterOptions& options) {
  TIDEMARK_TRY(AppendFile file, AppendFile::create(path));
  auto impl = std::make_unique<Impl>(std::move(file), info, options);
  const Status started = impl->start();
  if (!started) {
    impl->file.discard();
    return std::unexpected(started.error());
  }
  return RecordingWriter(std::move(impl));
}

RecordingWriter::RecordingWriter(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
RecordingWriter::RecordingWriter(RecordingWriter&&) noexcept = default;
RecordingWriter& RecordingWriter::operator=(RecordingWriter&&) noexcept =
    default;
RecordingWriter::~RecordingWriter() = default;

void RecordingWriter::define(const Metric& metric) {
  const uint32_t id = metric.id.value;
  impl_->metrics.insert_or_assign(id, metric);
  impl_->summarizer.define(metric);
  impl_->new_metrics.insert(id);
}

void RecordingWriter::define(const Subject& subject) {
  const uint32_t id = subject.id.value;
  const auto [entry, added] = impl_->subjects.try_emplace(id, subject);
  if (!added && entry->second == subject) return;
  entry->second = subject;
  impl_->new_subjects.insert(id);
  if (subject.stack.valid()) impl_->stacks.require(subject.stack);
}

bool RecordingWriter::define(const Module& module) {
  return impl_->stacks.define(module);
}

bool RecordingWriter::define(const Stack& stack) {
  return impl_->stacks.define(stack);
}

bool RecordingWriter::define(const AddressSymbols& symbols) {
  return impl_->stacks.define(symbols);
}

Status RecordingWriter::write_frame(const Frame& frame,
                                    const ClockAnchor& anchor) {
  return impl_->write_frame(frame, anchor);
}

Status RecordingWriter::write_events(std::span<const Event> events) {
  if (events.empty()) return {};
  TIDEMARK_CHECK(impl_->write_events(events));
  impl_->totals.events += events.size();
  impl_->defined_written();
  return {};
}

Status RecordingWriter::write_gap(BootTime from, BootTime to, int64_t ticks,
                                  const std::string& reason) {
  const GapRecord record{.gap = {from, to, ticks, reason},
                         .dictionary = impl_->pending()};
  impl_->begin_write();
  TIDEMARK_CHECK(impl_->add_stacks(to));
  impl_->codec.encode(record, impl_->payload);
  TIDEMARK_CHECK(impl_->add_alone(RecordKind::gap, to));
  TIDEMARK_CHECK(impl_->flush());
  ++impl_->totals.gaps;
  impl_->defined_written();
  return {};
}

Status RecordingWriter::continue_in(const std::string& path,
                                    const RecordingInfo& info, BootTime time,
                                    std::span<const Event> events) {
  TIDEMARK_CHECK(impl_->write_late_stacks(time));
  TIDEMARK_TRY(AppendFile file, AppendFile::create(path));
  auto next = std::make_unique<Impl>(std::move(file), info, impl_->options);
  next->inherit(*impl_);
  Status status = next->start();
  next->inherit_stacks(*impl_);
  if (status && !events.empty()) {
    status = next->write_events(events);
    next->totals.events += events.size();
    // The metrics went with the events, for whoever reads on from there.
    if (status) next->defined_written();
  }
  if (!status) {
    impl_->stacks = std::move(next->stacks);
    next->file.discard();
    return status;
  }
  std::swap(impl_, next);
  // Without space for its end the old file is one that was not closed.
  (void)next->close(time);
  return {};
}

Status RecordingWriter::sync() { return impl_->file.sync(); }
Status RecordingWriter::close(BootTime time) { return impl_->close(time); }

int64_t RecordingWriter::bytes_written() const { return impl_->file.size(); }
int64_t RecordingWriter::values_refused() const {
  return impl_->refused_before + impl_->encoder.refused();
}

}  // namespace tidemark
