#include "daemon/recorder.h"

#include <utility>

namespace tidemark {

Recorder::Recorder(std::unique_ptr<RecordSink> sink, const Clock& clock,
                   size_t queue_limit)
    : sink_(std::move(sink)),
      window_(*sink_, clock),
      queue_limit_(queue_limit),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Recorder::~Recorder() = default;

bool Recorder::push(std::unique_ptr<RecordItem>& item) {
  std::unique_lock lock(mutex_);
  if (queue_.size() >= queue_limit_) {
    lock.unlock();
    if (item->has_frame) {
      if (dropped_.ticks == 0) dropped_.from = item->frame.time;
      dropped_.to = item->frame.time;
      dropped_.reason = "the disk is slower than the ticks";
      ++dropped_.ticks;
      ++frames_dropped_;
      item->has_frame = false;
    }
    return false;
  }
  if (dropped_.ticks > 0) {
    item->gaps.push_back(std::exchange(dropped_, {}));
  }
  if (item->has_frame) {
    item->frame.ended = std::exchange(item->definitions.ended, {});
  }
  queue_.push_back(std::move(item));
  if (free_.empty()) {
    item = std::make_unique<RecordItem>();
  } else {
    item = std::move(free_.back());
    free_.pop_back();
  }
  lock.unlock();
  wake_.notify_one();
  return true;
}

void Recorder::flush() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

bool Recorder::makes_progress() {
  const std::lock_guard lock(mutex_);
  const bool idle = queue_.empty() && !busy_;
  return std::exchange(items_seen_, items_done_) != items_done_ || idle;
}

void Recorder::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    // False: asked to stop and nothing is left.
    if (!wake_.wait(lock, stop, [this] { return !queue_.empty(); })) return;
    std::unique_ptr<RecordItem> item = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    item = window_.write(std::move(item));
    if (item != nullptr) item->clear();
    publish_stats();
    lock.lock();
    if (item != nullptr && free_.size() < kMostSpare) {
      free_.push_back(std::move(item));
    }
    busy_ = false;
    ++items_done_;
    idle_.notify_all();
    if (item == nullptr) continue;
    lock.unlock();  // nobody waits for so much memory to be given back
    item.reset();
    lock.lock();
  }
}

void Recorder::publish_stats() {
  bytes_ = sink_->bytes_written();
  frames_lost_ = window_.frames_lost();
  events_lost_ = window_.events_lost();
  values_refused_ = sink_->values_refused();
  disk_full_ = window_.waiting();
  failed_ = !window_.failed();
}

Status Recorder::finish(BootTime time) {
  if (!thread_.joinable()) return {};
  thread_.request_stop();
  thread_.join();
  const Status status = window_.close(time);
  publish_stats();
  return status;
}

Recorder::Stats Recorder::stats() const {
  return {bytes_,          frames_dropped_, frames_lost_, events_lost_,
          values_refused_, disk_full_,      failed_};
}

}  // namespace tidemark
