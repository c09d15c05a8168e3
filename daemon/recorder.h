// The writer thread behind a bounded queue. The loop thread never waits for the
// disk: when the queue is full the frame is dropped, counted, and a gap says
// so; definitions and events stay with the caller for the next push.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/live_window.h"
#include "daemon/record_item.h"
#include "daemon/record_sink.h"

namespace tidemark {

class Recorder {
 public:
  Recorder(std::unique_ptr<RecordSink> sink, const Clock& clock,
           size_t queue_limit = 32);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder();  // writes what is queued; no END unless finish() was called

  // Loop thread. Swaps `item` with an empty one whose memory was used before.
  // False: the queue is full; the frame was dropped and `item` keeps the rest.
  bool push(std::unique_ptr<RecordItem>& item);
  // Loop thread. Waits until all that was pushed before is written, or tried.
  void flush();
  // Loop thread. False: nothing of the queue was taken since the last call.
  bool makes_progress();
  // Writes all that is queued, then END, and ends the thread. Error `full` or
  // `io`: data was lost.
  Status finish(BootTime time);

  // Items kept to be used again: each has buffers as large as the largest frame
  // it held, so what a slow disk once made wait is not kept for good.
  static constexpr size_t kMostSpare = 2;
  size_t spare() const {
    const std::lock_guard lock(mutex_);
    return free_.size();
  }

  struct Stats {
    int64_t bytes = 0;           // written to the file
    int64_t frames_dropped = 0;  // the disk was slower than the ticks
    int64_t frames_lost = 0;     // the disk was full
    int64_t events_lost = 0;
    int64_t values_refused = 0;  // RecordingWriter::values_refused()
    bool disk_full = false;      // now
    bool failed = false;         // an I/O error ended the recording
  };
  Stats stats() const;

 private:
  void run(const std::stop_token& stop);
  void publish_stats();

  const std::unique_ptr<RecordSink> sink_;
  LiveWindow window_;  // writer thread; the caller's once that has ended
  const size_t queue_limit_;

  std::atomic<int64_t> bytes_{0}, frames_lost_{0}, events_lost_{0},
      values_refused_{0};
  std::atomic<bool> disk_full_{false}, failed_{false};
  int64_t frames_dropped_ = 0;  // loop thread
  MissingTicks dropped_;        // loop thread: not yet in the file

  mutable std::mutex mutex_;  // guards those below; never held across I/O
  std::condition_variable_any wake_;
  std::condition_variable idle_;
  std::deque<std::unique_ptr<RecordItem>> queue_;
  std::vector<std::unique_ptr<RecordItem>> free_;  // last in, first out
  bool busy_ = false;
  int64_t items_done_ = 0;
  int64_t items_seen_ = -1;  // loop thread: at the last makes_progress()

  std::jthread thread_;  // last: started when all else is there
};

}  // namespace tidemark
