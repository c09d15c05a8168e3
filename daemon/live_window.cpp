#include "daemon/live_window.h"

#include <utility>

namespace tidemark {

LiveWindow::ItemPtr LiveWindow::write(ItemPtr item) {
  if (!failed_) {
    frames_lost_ += item->has_frame ? 1 : 0;
    return item;
  }
  const BootTime now = clock_.now();
  if (waiting() && now - last_try_ < kRetry) {
    keep(std::move(item));
    return nullptr;
  }
  last_try_ = now;
  Status status = drain();
  if (status) status = write_now(*item);
  if (status) return item;
  note(status);
  if (!failed_) {
    frames_lost_ += item->has_frame ? 1 : 0;
    return item;
  }
  keep(std::move(item));
  return nullptr;
}

// A full disk passes; any other error ends the recording.
void LiveWindow::note(const Status& status) {
  if (!status && status.error().kind != ErrorKind::full) failed_ = status;
}

// Each part that is in the file is emptied, so that a second try goes on where
// the first one stopped.
Status LiveWindow::write_now(RecordItem& item) {
  TIDEMARK_CHECK(write_lost());
  for (const Metric& metric : item.definitions.metrics) sink_.define(metric);
  item.definitions.metrics.clear();
  for (const Subject& subject : item.definitions.subjects) {
    sink_.define(subject);
  }
  item.definitions.subjects.clear();
  define_stacks(item.definitions.stacks);
  while (!item.gaps.empty()) {
    const MissingTicks& gap = item.gaps.front();
    TIDEMARK_CHECK(sink_.write_gap(gap.from, gap.to, gap.ticks, gap.reason));
    item.gaps.erase(item.gaps.begin());
  }
  if (!item.events.empty()) {
    TIDEMARK_CHECK(sink_.write_events(item.events));
    item.events.clear();
  }
  if (item.has_frame) {
    TIDEMARK_CHECK(sink_.write_frame(item.frame, item.anchor));
    item.has_frame = false;
  }
  for (auto& written : item.written) written();
  item.written.clear();
  const BootTime now = clock_.now();
  if (item.sync || now - last_sync_ >= kSync) {
    TIDEMARK_CHECK(sink_.sync());
    last_sync_ = now;
  }
  return {};
}

// In the registry's order, within a recording's limits: none is refused.
void LiveWindow::define_stacks(StackDefinitions& stacks) {
  for (const Module& module : stacks.modules) (void)sink_.define(module);
  for (const Stack& stack : stacks.stacks) (void)sink_.define(stack);
  for (const AddressSymbols& symbols : stacks.symbols) {
    (void)sink_.define(symbols);
  }
  stacks.clear();
}

Status LiveWindow::write_lost() {
  if (lost_.ticks == 0) return {};
  TIDEMARK_CHECK(
      sink_.write_gap(lost_.from, lost_.to, lost_.ticks, lost_.reason));
  lost_ = {};
  return {};
}

Status LiveWindow::drain() {
  while (!waiting_.empty()) {
    const bool frame = waiting_.front()->has_frame;
    const size_t events = waiting_.front()->events.size();
    const Status status = write_now(*waiting_.front());
    if (frame && !waiting_.front()->has_frame) --waiting_frames_;
    waiting_events_ -= events - waiting_.front()->events.size();
    if (!status) return status;
    waiting_.pop_front();
  }
  return {};
}

void LiveWindow::keep(ItemPtr item) {
  if (item->has_frame) ++waiting_frames_;
  waiting_events_ += item->events.size();
  waiting_.push_back(std::move(item));
  while (waiting_frames_ > kFrames || waiting_events_ > kEvents) {
    give_up_oldest();
  }
}

// The oldest frame goes; what it defined and the events beside it stay, with
// the item that follows.
void LiveWindow::give_up_oldest() {
  ItemPtr oldest = std::move(waiting_.front());
  waiting_.pop_front();
  if (oldest->has_frame) {
    if (lost_.ticks == 0) lost_.from = oldest->frame.time;
    lost_.to = oldest->frame.time;
    lost_.reason = "no space left on the disk";
    ++lost_.ticks;
    ++frames_lost_;
    --waiting_frames_;
  }
  if (waiting_events_ > kEvents) {
    waiting_events_ -= oldest->events.size();
    events_lost_ += static_cast<int64_t>(oldest->events.size());
    oldest->events.clear();
  }
  if (waiting_.empty()) return;
  RecordItem& next = *waiting_.front();
  oldest->definitions.append(next.definitions);
  next.definitions = std::move(oldest->definitions);
  const auto prepend = [](auto& older, auto& newer) {
    older.insert(older.end(), std::make_move_iterator(newer.begin()),
                 std::make_move_iterator(newer.end()));
    newer = std::move(older);
  };
  prepend(oldest->gaps, next.gaps);
  prepend(oldest->events, next.events);
  prepend(oldest->written, next.written);
  for (const ItemPtr& item : waiting_) {
    if (!item->has_frame) continue;
    prepend(oldest->frame.ended, item->frame.ended);
    break;
  }
}

Status LiveWindow::close(BootTime time) {
  TIDEMARK_CHECK(failed_);
  Status status = drain();
  if (status) status = write_lost();
  if (status) status = sink_.close(time);
  if (!status) {
    for (const ItemPtr& item : waiting_) {
      frames_lost_ += item->has_frame ? 1 : 0;
      events_lost_ += static_cast<int64_t>(item->events.size());
    }
    note(status);
  }
  return status;
}

}  // namespace tidemark
