// Where the screen's data comes from: a recording, and nothing else. One reader
// follows its tail and feeds the history and the verdicts; a second one stands
// where a replay looks. Live and replay therefore cannot differ.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/analysis/run_analysis.h"
#include "core/base/result.h"
#include "core/store/recording_reader.h"
#include "tui/close_up.h"
#include "tui/run_history.h"
#include "tui/snapshot.h"
#include "tui/view_model.h"

namespace tidemark {

class FrameSource {
 public:
  // Errors: those of RecordingReader::open.
  static Result<FrameSource> open(const std::string& path);
  FrameSource(FrameSource&&) noexcept;
  FrameSource& operator=(FrameSource&&) noexcept;
  ~FrameSource();

  // Reads on at the tail, at most `max_items` records. True when there was
  // something new.
  bool follow(size_t max_items = SIZE_MAX);
  // Everything that is in the file now was read.
  bool caught_up() const { return caught_up_; }
  // The part of the file that was read, 0..1.
  double loaded() const;
  bool closed() const { return tail_.closed(); }
  const RecordingInfo& info() const { return tail_.info(); }
  const std::string& path() const { return tail_.path(); }
  // What could not be read of it so far.
  const std::vector<Damage>& damages() const { return tail_.damages(); }
  const RunHistory& history() const { return history_; }
  const StackTable& stacks() const { return tail_.stacks(); }
  // The courses of what the graphs are zoomed to.
  CloseUp& close_up() { return close_up_; }
  const CloseUp& close_up() const { return close_up_; }
  // The verdicts on everything read so far; takes a moment.
  Verdicts judge() const;

  // Where the screen stands: at the tail, or at the cursor.
  bool following() const { return !cursor_; }
  const Snapshot& shown() const;
  const Dictionary& dictionary() const;

  void go_live() { cursor_.reset(); }
  // To the last frame at or before `time`, within the recording. Reads about
  // one chapter. After an error the screen stands at the tail.
  Status seek(BootTime time);
  // To the first frame at or after `time`.
  Status seek_to_or_after(BootTime time);
  // One tick back, or forward; forward past the last one goes live.
  Status step_back();
  Status step_forward();

 private:
  struct Cursor {
    explicit Cursor(RecordingReader r) : reader(std::move(r)) {}
    RecordingReader reader;
    Snapshot snapshot;
    std::optional<RecordingItem> next;  // read, not yet applied
  };

  explicit FrameSource(RecordingReader tail);
  void take(const RecordingItem& item);
  Status place(Cursor& cursor, BootTime from, BootTime to);
  // Applies the next frame if it is at or before `until`.
  bool advance(Cursor& cursor, BootTime until, bool& tick);

  RecordingReader tail_;
  RunHistory history_;
  RunAnalysis analysis_;
  CloseUp close_up_;
  std::unique_ptr<Cursor> cursor_;
  bool caught_up_ = false;
  BootTime read_until_;
  std::optional<std::pair<BootTime, BootTime>> span_;
};

}  // namespace tidemark
