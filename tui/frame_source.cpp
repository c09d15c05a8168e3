#include "tui/frame_source.h"

#include <algorithm>
#include <utility>

namespace tidemark {
namespace {

// Host figures are read every 5 ticks: a rate needs two of those readings.
constexpr int kTicksBefore = 12;

}  // namespace

Result<FrameSource> FrameSource::open(const std::string& path) {
  TIDEMARK_TRY(RecordingReader tail, RecordingReader::open(path));
  return FrameSource(std::move(tail));
}

FrameSource::FrameSource(RecordingReader tail)
    : tail_(std::move(tail)),
      history_(Nanoseconds(tail_.info().interval_ns)),
      close_up_(tail_.path()) {
  if (auto span = tail_.span()) span_ = *span;
}

FrameSource::FrameSource(FrameSource&&) noexcept = default;
FrameSource& FrameSource::operator=(FrameSource&&) noexcept = default;
FrameSource::~FrameSource() = default;

void FrameSource::take(const RecordingItem& item) {
  const Dictionary& dictionary = tail_.dictionary();
  read_until_ = std::max(read_until_, item.time);
  if (item.frame != nullptr) {
    history_.on_frame(*item.frame, item.chapter_begin, dictionary);
    analysis_.on_frame(*item.frame, item.chapter_begin, dictionary);
  }
  if (item.events != nullptr) {
    for (const Event& event : *item.events) {
      history_.on_event(event, dictionary);
      analysis_.on_event(event);
    }
  }
  if (item.gap != nullptr) {
    const Gap& gap = *item.gap;
    history_.on_gap(gap.ticks);
    analysis_.on_gap(gap.from, gap.to, gap.ticks, gap.reason);
  }
}

bool FrameSource::follow(size_t max_items) {
  bool fresh = false;
  for (size_t i = 0; i < max_items; ++i) {
    const auto item = tail_.next();
    caught_up_ = !item;
    if (!item) break;
    fresh = true;
    take(*item);
  }
  return fresh;
}

double FrameSource::loaded() const {
  if (caught_up_ || !span_) return caught_up_ ? 1 : 0;
  const double whole = to_seconds(span_->second - span_->first);
  const double done = to_seconds(read_until_ - span_->first);
  return whole > 0 ? std::clamp(done / whole, 0.0, 1.0) : 0;
}

Verdicts FrameSource::judge() const {
  RunSummary summary = analysis_.summarize(tail_.dictionary());
  Verdicts verdicts;
  verdicts.known = true;
  verdicts.provisional = !closed();
  verdicts.findings = std::move(summary.findings);
  verdicts.figures = run_figures(summary, tail_.dictionary());
  verdicts.quality = std::move(summary.quality);
  return verdicts;
}

const Snapshot& FrameSource::shown() const {
  return cursor_ ? cursor_->snapshot : history_.tail();
}

const Dictionary& FrameSource::dictionary() const {
  return cursor_ ? cursor_->reader.dictionary() : tail_.dictionary();
}

bool FrameSource::advance(Cursor& cursor, BootTime until, bool& tick) {
  while (true) {
    if (!cursor.next) cursor.next = cursor.reader.next();
    if (!cursor.next || cursor.next->time > until) return false;
    const RecordingItem item = *std::exchange(cursor.next, std::nullopt);
    if (item.frame == nullptr) continue;
    tick = item.frame->kind == FrameKind::tick;
    cursor.snapshot.apply(*item.frame, item.chapter_begin,
                          cursor.reader.dictionary());
    return true;
  }
}

// Reads from before `from` up to `to`.
Status FrameSource::place(Cursor& cursor, BootTime from, BootTime to) {
  TIDEMARK_CHECK(cursor.reader.seek(from));
  cursor.snapshot = Snapshot();
  cursor.next.reset();
  const Dictionary& dictionary = cursor.reader.dictionary();
  for (const Metric& metric : dictionary.metrics()) {
    if (!metric.id.valid()) continue;
    cursor.reader.for_each_value(
        metric.id, [&](SubjectId subject, int64_t value) {
          cursor.snapshot.preload(metric.id, subject, value, dictionary);
        });
  }
  bool tick = false;
  while (advance(cursor, to, tick)) {
  }
  return {};
}

Status FrameSource::seek(BootTime time) {
  // Also where the history has not been read to yet.
  const BootTime begin = span_ ? span_->first : history_.begin();
  const BootTime end =
      span_ ? std::max(span_->second, history_.end()) : history_.end();
  time = std::clamp(time, begin, std::max(begin, end));
  std::unique_ptr<Cursor> cursor = std::move(cursor_);
  if (!cursor) {
    TIDEMARK_TRY(RecordingReader reader, RecordingReader::open(path()));
    cursor = std::make_unique<Cursor>(std::move(reader));
  }
  const Nanoseconds interval =
      std::max(history_.tail().interval(), Nanoseconds(1'000'000));
  // Across a long gap the last frame lies further back.
  for (Nanoseconds before = interval * kTicksBefore;; before *= 8) {
    const BootTime from = before > time - begin ? begin : time - before;
    TIDEMARK_CHECK(place(*cursor, from, time));
    if (!cursor->snapshot.empty() || from == begin) break;
  }
  bool tick = false;
  // Before the first frame there is nothing to show: take the first.
  if (cursor->snapshot.empty()) advance(*cursor, BootTime::max(), tick);
  cursor_ = std::move(cursor);
  return {};
}

Status FrameSource::seek_to_or_after(BootTime time) {
  TIDEMARK_CHECK(seek(time));
  bool tick = false;
  while (cursor_->snapshot.time() < time &&
         advance(*cursor_, BootTime::max(), tick)) {
  }
  return {};
}

Status FrameSource::step_back() {
  return seek(shown().time() - Nanoseconds(1));
}

Status FrameSource::step_forward() {
  if (!cursor_) return {};
  bool tick = false;
  while (advance(*cursor_, BootTime::max(), tick) && !tick) {
  }
  if (!tick) go_live();
  return {};
}

}  // namespace tidemark
