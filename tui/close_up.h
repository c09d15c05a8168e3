// The courses of a part of the run in full resolution, read from the recording
// when the graphs are zoomed: what is kept of the whole run is too coarse then.
#pragma once

#include <optional>
#include <string>

#include "core/store/recording_reader.h"
#include "tui/run_history.h"

namespace tidemark {

class CloseUp {
 public:
  explicit CloseUp(std::string path) : path_(std::move(path)) {}

  // What the graphs show; nullopt: the whole run. Reads nothing yet.
  void aim(BootTime from, BootTime to, Nanoseconds interval);
  void clear();
  // Reads on, at most `max_items`. True when there was something new.
  bool read(size_t max_items);
  // All of the window that is in the file was read.
  bool done() const { return !wanted_ || done_; }
  // nullptr until the window was read.
  const RunHistory* history() const {
    return wanted_ && done_ ? &*history_ : nullptr;
  }

 private:
  void take(const RecordingItem& item);

  std::string path_;
  bool wanted_ = false;
  bool done_ = false;
  BootTime from_, to_;
  Nanoseconds width_{0};  // for which the resolution was chosen
  std::optional<RecordingReader> reader_;
  std::optional<RecordingItem> next_;  // read, lies behind the window
  std::optional<RunHistory> history_;
};

}  // namespace tidemark
