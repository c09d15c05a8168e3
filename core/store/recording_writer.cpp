#include "core/store/recording_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <set>

#include "core/os/unique_fd.h"
#include "core/store/chapter_stream.h"
#include "core/store/codec.h"
#include "core/store/frame_encoder.h"
#include "core/store/record_frame.h"
#include "core/store/series_state.h"

namespace tidemark {
namespace {

// A file that only grows by whole writes: what does not fit is cut back.
class AppendFile {
 public:
  AppendFile(UniqueFd fd, std::string path)
      : fd_(std::move(fd)), path_(std::move(path)) {}

  int64_t size() const { return size_; }

  Status append(std::string_view bytes) {
    if (torn_) TIDEMARK_CHECK(cut_back());
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n =
          ::pwrite(fd_.get(), bytes.data() + done, bytes.size() - done,
                   size_ + static_cast<off_t>(done));
      if (n < 0 && errno == EINTR) continue;
      // A short write is followed by the error that explains it.
      if (n <= 0) return give_up(n < 0 ? errno : ENOSPC);
      done += static_cast<size_t>(n);
      torn_ = done < bytes.size();
    }
    size_ += static_cast<int64_t>(bytes.size());
    return {};
  }

  Status sync() {
    if (::fdatasync(fd_.get()) != 0) return fail_errno(path_, errno);
    return {};
  }

 private:
  std::unexpected<Error> give_up(int cause) {
    if (torn_) (void)cut_back();  // else the next append cuts first
    if (cause == EFBIG) {
      return fail(ErrorKind::full, path_ + ": file size limit reached", cause);
    }
    return fail_errno(path_, cause);
  }

  Status cut_back() {
    if (::ftruncate(fd_.get(), size_) != 0) return fail_errno(path_, errno);
    torn_ = false;
    return {};
  }

  UniqueFd fd_;
  std::string path_;
  int64_t size_ = 0;
  bool torn_ = false;  // bytes beyond size_ are on disk
};

}  // namespace

struct RecordingWriter::Impl {
  Impl(AppendFile f, const RecordingInfo& i, const WriterOptions& o)
      : file(std::move(f)), info(i), options(o), stream(o.zstd_level) {}

  Status start();
  Status write_frame(const Frame& frame, const ClockAnchor& anchor);
  Status write_raw(RecordKind kind, BootTime time, std::string_view payload);
  Status add_chapter(int64_t time_ns, const ClockAnchor& anchor);
  Status add_in_stream(RecordKind kind, int64_t time_ns,
                       std::string_view payload);
  Status flush(uint64_t records);
  Status close(BootTime time);

  bool chapter_full() const {
    return !chapter_open || chapter_ticks >= options.chapter_ticks ||
           file.size() - ticks_begin >= options.chapter_bytes;
  }
  DictionaryRecord pending() const;
  DictionaryRecord live_dictionary() const;
  void commit(const TickRecord& record, bool new_chapter);
  void defined_written();

  AppendFile file;
  RecordingInfo info;
  WriterOptions options;
  Codec codec;
  ChapterCompressor stream;
  FrameEncoder encoder;
  SeriesState state;
  TickRecord tick;
  StateRecord snapshot;

  std::map<uint32_t, Metric> metrics;
  std::map<uint32_t, Subject> subjects;  // alive
  std::set<uint32_t> new_metrics;        // defined, not yet written
  std::set<uint32_t> new_subjects;

  bool chapter_open = false;
  int chapter_ticks = 0;
  int64_t ticks_begin = 0;    // where the chapter's ticks begin in the file
  uint64_t records = 0;       // in the file
  uint64_t last_chapter = 0;  // its offset
  EndRecord totals;

  std::string out;      // the bytes of the next write
  std::string payload;  // encoded
  std::string packed;   // compressed
};

Status RecordingWriter::Impl::start() {
  out = encode_file_header(info);
  TIDEMARK_CHECK(add_chapter(info.anchor.boot_ns, info.anchor));
  TIDEMARK_CHECK(flush(1));
  chapter_open = true;
  last_chapter = kFileHeaderSize;
  ticks_begin = file.size();
  totals.chapters = 1;
  return {};
}

// Appends a record to `out`; its number follows those already there.
Status RecordingWriter::Impl::add_chapter(int64_t time_ns,
                                          const ClockAnchor& anchor) {
  ChapterRecord chapter{.info = info, .anchor = anchor};
  state.snapshot(snapshot);
  codec.encode(live_dictionary(), chapter.dictionary);
  codec.encode(snapshot, time_ns, chapter.state);
  codec.encode(chapter, payload);
  packed.clear();
  append_chapter_prefix(packed, {.number = records, .previous = last_chapter});
  stream.begin();
  TIDEMARK_CHECK(stream.add(payload, packed));
  append_record(out, info.uuid,
                {.kind = RecordKind::chapter,
                 .flags = kInStream,
                 .sequence = static_cast<uint16_t>(records),
                 .time_ns = time_ns},
                packed);
  return {};
}

Status RecordingWriter::Impl::write_frame(const Frame& frame,
                                          const ClockAnchor& anchor) {
  const FrameEncoder::Known known = {
      .metric = [this](uint32_t id) { return metrics.contains(id); },
      .subject = [this](uint32_t id) { return subjects.contains(id); }};
  TIDEMARK_CHECK(encoder.encode(frame, state, known, tick));
  const bool new_chapter = chapter_full();
  const int64_t begin = file.size();
  out.clear();
  // Whatever happens to the bytes, the compressor has moved on: without a
  // successful write the chapter cannot be continued.
  chapter_open = false;
  if (new_chapter) {
    TIDEMARK_CHECK(add_chapter(tick.time_ns, anchor));
  } else {
    tick.dictionary = pending();
  }
  const size_t head = out.size();
  codec.encode(tick, payload);
  packed.clear();
  TIDEMARK_CHECK(stream.add(payload, packed));
  const uint64_t number = records + (new_chapter ? 1 : 0);
  append_record(out, info.uuid,
                {.kind = RecordKind::tick,
                 .flags = kInStream,
                 .sequence = static_cast<uint16_t>(number),
                 .time_ns = tick.time_ns},
                packed);
  TIDEMARK_CHECK(flush(new_chapter ? 2 : 1));
  chapter_open = true;
  if (new_chapter) {
    last_chapter = static_cast<uint64_t>(begin);
    ticks_begin = begin + static_cast<int64_t>(head);
  }
  commit(tick, new_chapter);
  return {};
}

// What was written is now the state.
void RecordingWriter::Impl::commit(const TickRecord& record, bool new_chapter) {
  if (new_chapter) {
    chapter_ticks = 0;
    ++totals.chapters;
  }
  ++chapter_ticks;
  ++totals.ticks;
  if (record.interval_ns) state.interval_ns = *record.interval_ns;
  for (const ColumnRecord& column : record.columns) {
    state.apply(
        column, [](uint32_t) { return true; },
        [](const SeriesState::Change&) {});
  }
  for (const HistogramRecord& histogram : record.histograms) {
    state.apply(histogram);
  }
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
    // Help is for people, and in the file since the first definition.
    if (!new_metrics.contains(id)) result.metrics.back().help.clear();
  }
  for (const auto& [id, subject] : subjects) {
    result.subjects.push_back(subject);
  }
  return result;
}

// Writes `out`, which holds that many records.
Status RecordingWriter::Impl::flush(uint64_t count) {
  TIDEMARK_CHECK(file.append(out));
  records += count;
  return {};
}

Status RecordingWriter::Impl::write_raw(RecordKind kind, BootTime time,
                                        std::string_view bytes) {
  out.clear();
  append_record(out, info.uuid,
                {.kind = kind,
                 .sequence = static_cast<uint16_t>(records),
                 .time_ns = to_ns(time)},
                bytes);
  return flush(1);
}

Status RecordingWriter::Impl::close(BootTime time) {
  codec.encode(totals, payload);
  TIDEMARK_CHECK(write_raw(RecordKind::end, time, payload));
  return file.sync();
}

Result<RecordingWriter> RecordingWriter::create(const std::string& path,
                                                const RecordingInfo& info,
                                                const WriterOptions& options) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  UniqueFd fd(::open(path.c_str(), kFlags, 0640));
  if (!fd.valid()) return fail_errno(path, errno);
  auto impl =
      std::make_unique<Impl>(AppendFile(std::move(fd), path), info, options);
  const Status started = impl->start();
  if (!started) {
    ::unlink(path.c_str());  // ours: O_EXCL
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
  impl_->new_metrics.insert(id);
}

void RecordingWriter::define(const Subject& subject) {
  const uint32_t id = subject.id.value;
  const auto [entry, added] = impl_->subjects.try_emplace(id, subject);
  if (!added && entry->second == subject) return;
  entry->second = subject;
  impl_->new_subjects.insert(id);
}

Status RecordingWriter::write_frame(const Frame& frame,
                                    const ClockAnchor& anchor) {
  return impl_->write_frame(frame, anchor);
}

Status RecordingWriter::write_events(std::span<const Event> events) {
  if (events.empty()) return {};
  const EventsRecord record{.time_ns = to_ns(events.front().time),
                            .dictionary = impl_->pending(),
                            .events = {events.begin(), events.end()}};
  impl_->codec.encode(record, impl_->payload);
  TIDEMARK_CHECK(impl_->write_raw(RecordKind::events, events.front().time,
                                  impl_->payload));
  impl_->totals.events += events.size();
  impl_->defined_written();
  return {};
}

Status RecordingWriter::write_gap(BootTime from, BootTime to, int64_t ticks,
                                  const std::string& reason) {
  const GapRecord record{.gap = {from, to, ticks, reason},
                         .dictionary = impl_->pending()};
  impl_->codec.encode(record, impl_->payload);
  TIDEMARK_CHECK(impl_->write_raw(RecordKind::gap, to, impl_->payload));
  ++impl_->totals.gaps;
  impl_->defined_written();
  return {};
}

Status RecordingWriter::sync() { return impl_->file.sync(); }
Status RecordingWriter::close(BootTime time) { return impl_->close(time); }

int64_t RecordingWriter::bytes_written() const { return impl_->file.size(); }
int64_t RecordingWriter::values_refused() const {
  return impl_->encoder.refused();
}

}  // namespace tidemark
