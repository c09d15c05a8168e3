#include "tui/close_up.h"

#include <algorithm>

namespace tidemark {
namespace {

// Host figures are read every 5 ticks: a rate needs two of those readings.
constexpr int kTicksBefore = 12;

}  // namespace

void CloseUp::clear() {
  wanted_ = false;
  reader_.reset();
  next_.reset();
  history_.reset();
}

void CloseUp::aim(BootTime from, BootTime to, Nanoseconds interval) {
  const Nanoseconds width = std::max(to - from, Nanoseconds(1));
  const bool covers = wanted_ && from >= from_ && reader_ &&
                      width * 2 > width_ && to - from_ <= width_ * 4;
  if (covers) {
    if (to <= to_) return;
    to_ = to;
    done_ = false;
    return;
  }
  clear();
  auto reader = RecordingReader::open(path_);
  if (!reader) return;  // the whole run's courses are drawn then
  reader_ = std::move(*reader);
  wanted_ = true;
  done_ = false;
  from_ = from;
  to_ = to;
  width_ = width;
  const Nanoseconds before =
      std::min(interval * kTicksBefore, from.time_since_epoch());
  if (!reader_->seek(from - before)) return clear();
  history_.emplace(interval);
}

void CloseUp::take(const RecordingItem& item) {
  const Dictionary& dictionary = reader_->dictionary();
  if (item.frame != nullptr) {
    history_->on_frame(*item.frame, item.chapter_begin, dictionary);
  }
  if (item.events == nullptr) return;
  for (const Event& event : *item.events) {
    // The primary op is told by an event; courses need nothing else of them.
    if (event.kind == EventKind::client_primary) {
      history_->on_event(event, dictionary);
    }
  }
}

bool CloseUp::read(size_t max_items) {
  if (done()) return false;
  for (size_t i = 0; i < max_items; ++i) {
    if (!next_) next_ = reader_->next();
    if (!next_ || next_->time > to_) {
      done_ = true;
      return true;
    }
    const RecordingItem item = *std::exchange(next_, std::nullopt);
    take(item);
  }
  return true;
}

}  // namespace tidemark
