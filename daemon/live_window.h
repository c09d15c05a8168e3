// Writes items to a sink, and lives through a full disk: what cannot be written
// is kept, the oldest frames given up first and counted, and when space returns
// a gap says what is missing. Used by the writer thread alone.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "daemon/record_item.h"
#include "daemon/record_sink.h"

namespace tidemark {

class LiveWindow {
 public:
  LiveWindow(RecordSink& sink, const Clock& clock)
      : sink_(sink), clock_(clock) {}

  using ItemPtr = std::unique_ptr<RecordItem>;

  // Writes `item`, after all that waits. Returns it when it is done with, so
  // that its memory can be used again; nullptr when it has to wait.
  ItemPtr write(ItemPtr item);
  // Tries what waits once more, whatever the time; then END. Error `full`:
  // the data of the waiting items is lost. Any other: the first I/O error.
  Status close(BootTime time);

  // The disk is full now.
  bool waiting() const { return !waiting_.empty(); }
  // The error that ended the recording, if one did. Nothing is written after
  // it: a file that failed once is never trusted with more.
  const Status& failed() const { return failed_; }
  // Frames that will never be in the file.
  int64_t frames_lost() const { return frames_lost_; }
  int64_t events_lost() const { return events_lost_; }

  static constexpr Nanoseconds kRetry = std::chrono::seconds(5);
  static constexpr Nanoseconds kSync = std::chrono::seconds(1);
  static constexpr size_t kFrames = 60;
  static constexpr size_t kEvents = 100'000;

 private:
  Status write_now(RecordItem& item);
  void define_stacks(StackDefinitions& stacks);
  Status write_lost();
  Status drain();
  void keep(ItemPtr item);
  void give_up_oldest();
  void note(const Status& status);

  RecordSink& sink_;
  const Clock& clock_;
  std::deque<ItemPtr> waiting_;
  size_t waiting_frames_ = 0;
  size_t waiting_events_ = 0;
  BootTime last_try_, last_sync_;
  MissingTicks lost_;  // frames given up, not yet said in the file
  int64_t frames_lost_ = 0;
  int64_t events_lost_ = 0;
  Status failed_;
};

}  // namespace tidemark
